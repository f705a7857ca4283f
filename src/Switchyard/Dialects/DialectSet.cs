using Switchyard.Calls;
using Switchyard.Canonical;

namespace Switchyard.Dialects;

/// <summary>The dialects this engine speaks. Immutable and thread-safe.</summary>
public sealed class DialectSet(IEnumerable<IIngressDialect> ingress, IEnumerable<IEgressDialect> egress)
{
    // By name and not by DialectId: a collection of the framework over a struct of ours cannot be compiled ahead of time, so each start
    // would pay for it.
    private readonly Dictionary<string, IIngressDialect> _ingress = ingress.ToDictionary(d => d.Id.Value, StringComparer.Ordinal);
    private readonly Dictionary<string, IEgressDialect> _egress = egress.ToDictionary(d => d.Id.Value, StringComparer.Ordinal);

    private readonly IIngressDialect[] _allIngress = [.. ingress];
    private readonly IEgressDialect[] _allEgress = [.. egress];

    /// <summary>The formats that define their own shape for lists of models.</summary>
    public IReadOnlyList<IModelListEncoder> ModelLists { get; } =
        [.. ingress.Select(dialect => dialect.ModelList).OfType<IModelListEncoder>()];

    /// <summary>This set and one more format on the client's side; one of the same name is replaced.</summary>
    public DialectSet With(IIngressDialect dialect)
    {
        ArgumentNullException.ThrowIfNull(dialect);
        return new([.. _allIngress.Where(known => known.Id != dialect.Id), dialect], _allEgress);
    }

    /// <summary>This set and one more format on the provider's side; one of the same name is replaced.</summary>
    public DialectSet With(IEgressDialect dialect)
    {
        ArgumentNullException.ThrowIfNull(dialect);
        return new(_allIngress, [.. _allEgress.Where(known => known.Id != dialect.Id), dialect]);
    }

    /// <summary>The names of the formats clients may speak.</summary>
    internal IEnumerable<DialectId> IngressIds => _ingress.Values.Select(dialect => dialect.Id);

    /// <summary>The names of the formats providers may speak.</summary>
    internal IEnumerable<DialectId> EgressIds => _egress.Values.Select(dialect => dialect.Id);

    /// <summary>Whether providers may speak the format.</summary>
    internal bool Speaks(DialectId id) => _egress.ContainsKey(id.Value);

    /// <summary>The client's side of a format.</summary>
    /// <exception cref="KeyNotFoundException">This engine does not speak it.</exception>
    public IIngressDialect Ingress(DialectId id) => FindIngress(id)
        ?? throw new KeyNotFoundException($"The dialect '{id}' is not spoken with clients; there are: {string.Join(", ", IngressIds)}.");

    /// <summary>The client's side of a format; null if this engine does not speak it.</summary>
    public IIngressDialect? FindIngress(DialectId id) => _ingress.GetValueOrDefault(id.Value);

    /// <summary>The provider's side of a format.</summary>
    /// <exception cref="CallException">This engine does not speak it (<see cref="CallErrorKind.ProviderUnavailable"/>).</exception>
    public IEgressDialect Egress(DialectId id) => _egress.TryGetValue(id.Value, out var dialect)
        ? dialect
        : throw new CallException(CallErrorKind.ProviderUnavailable, $"The dialect '{id}' is not spoken by this version.");
}
