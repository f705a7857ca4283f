using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Targets;

namespace Switchyard.Dialects;

/// <summary>A model as a list shows it, whatever the format.</summary>
/// <param name="Id">The name to ask for.</param>
/// <param name="Name">A name for people.</param>
/// <param name="Created">When it was made; null when not known.</param>
public sealed record ModelListing(string Id, string Name, DateTimeOffset? Created)
{
    /// <summary>What is known of it.</summary>
    public ModelFacts Facts { get; init; } = ModelFacts.Unknown;

    /// <summary>Whether it makes embeddings rather than answers.</summary>
    public bool Embeds { get; init; }
}

/// <summary>Writes lists of models in the shape a format's clients read, a page at a time. Stateless and thread-safe.</summary>
public interface IModelListEncoder
{
    /// <summary>The format.</summary>
    DialectId Dialect { get; }

    /// <summary>The request header that tells this format's clients from others on a path both use; null when it has paths of its own.</summary>
    string? MarkHeader { get; }

    /// <summary>Writes the page a query asks for.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="models">All there are.</param>
    /// <param name="query">The value of a query parameter; null when it is not there.</param>
    /// <exception cref="CallException">The query asks for no page there could be.</exception>
    void EncodeList(Utf8JsonWriter json, IReadOnlyList<ModelListing> models, Func<string, string?> query);

    /// <summary>Writes one model.</summary>
    void EncodeModel(Utf8JsonWriter json, ModelListing model);
}
