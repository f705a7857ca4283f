using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Targets;

namespace Switchyard.Dialects;

/// <summary>One model of a list, in any format.</summary>
public sealed record ModelListing
{
    /// <summary>The name clients ask for.</summary>
    public required string Id { get; init; }

    /// <summary>Its display name.</summary>
    public required string Name { get; init; }

    /// <summary>When it was made; null if not known.</summary>
    public DateTimeOffset? Created { get; init; }

    /// <summary>What the catalogue lists about it.</summary>
    public ModelFacts Facts { get; init; } = ModelFacts.Unknown;

    /// <summary>Whether it is an embedding model rather than a chat model.</summary>
    public bool Embeds { get; init; }
}

/// <summary>Writes lists of models in the shape a format's clients read, a page at a time. Stateless and thread-safe.</summary>
public interface IModelListEncoder
{
    /// <summary>The format.</summary>
    DialectId Dialect { get; }

    /// <summary>
    /// The request header that only this format's clients send, where another format uses the same path; null for a format that has its own
    /// paths.
    /// </summary>
    string? MarkHeader { get; }

    /// <summary>Writes the page a query asks for.</summary>
    /// <param name="json">Takes the page.</param>
    /// <param name="models">All models.</param>
    /// <param name="query">The value of a query parameter; null if it is not there.</param>
    /// <exception cref="CallException">A query parameter is invalid, or names a model that is not in the list.</exception>
    void EncodeList(Utf8JsonWriter json, IReadOnlyList<ModelListing> models, Func<string, string?> query);

    /// <summary>Writes one model.</summary>
    void EncodeModel(Utf8JsonWriter json, ModelListing model);
}
