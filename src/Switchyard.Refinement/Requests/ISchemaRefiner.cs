using System.Runtime.CompilerServices;

namespace Switchyard.Refinement.Requests;

/// <summary>
/// A refiner of the host application. A request selects it by name, like a provider; a preferred one also gets requests that leave the
/// choice open. Its result is trusted: the samples do not check it.
/// </summary>
public interface ISchemaRefiner
{
    /// <summary>Its name, as used in <see cref="RefinementChoice.Provider"/>.</summary>
    string Name { get; }

    /// <summary>Refines a schema.</summary>
    Task<SchemaRefinementResult> RefineSchemaAsync(SchemaRefinementRequest request, CancellationToken cancellationToken = default);

    /// <summary>Whether it is available now. If not, a request that leaves the choice open skips it.</summary>
    Task<bool> CheckHealthAsync(CancellationToken cancellationToken = default);

    /// <summary>Its capabilities.</summary>
    RefinerCapabilities GetCapabilities();

    /// <summary>Refines a schema and reports its progress. By default one piece with the result.</summary>
    async IAsyncEnumerable<RefinementChunk> RefineSchemaStreamAsync(
        SchemaRefinementRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        yield return new()
        {
            Delta = "",
            Done = true,
            Metadata = await RefineSchemaAsync(request, cancellationToken).ConfigureAwait(false),
        };
    }
}

/// <summary>The capabilities of a refiner.</summary>
public sealed record RefinerCapabilities
{
    /// <summary>Whether it reports its progress.</summary>
    public bool SupportsStreaming { get; init; }

    /// <summary>Whether its model can be forced to answer in JSON.</summary>
    public bool SupportsJsonMode { get; init; }

    /// <summary>Whether its model calls functions.</summary>
    public bool SupportsFunctionCalling { get; init; }

    /// <summary>Whether its model accepts images.</summary>
    public bool SupportsVision { get; init; }
}
