namespace Switchyard.Providers;

/// <summary>A model as a provider describes it.</summary>
public sealed record ProviderModel
{
    /// <summary>The id used in requests, without the provider's name.</summary>
    public required string Id { get; init; }

    /// <summary>The display name; the id if it has none.</summary>
    public required string Name { get; init; }

    /// <summary>The provider's name.</summary>
    public required string Provider { get; init; }

    /// <summary>The source that lists this model for the provider.</summary>
    /// <value>The default is <see cref="ListedBy.Provider"/>.</value>
    public ListedBy ListedBy { get; init; }

    /// <summary>The model's capabilities.</summary>
    public ModelCapabilities Capabilities { get; init; } = new();

    /// <summary>The owner named by the provider; null if none.</summary>
    public string? OwnedBy { get; init; }

    /// <summary>The creation date given by the provider; null if none.</summary>
    public DateTimeOffset? Created { get; init; }
}

/// <summary>The source that lists a model for a provider.</summary>
public enum ListedBy
{
    /// <summary>The provider itself: it lists the model.</summary>
    Provider,

    /// <summary>The configuration: the model is under <c>models</c> of the provider, or is an alias.</summary>
    Configuration,

    /// <summary>Only the catalogue: a guess until the provider's list is read.</summary>
    Catalogue,
}

/// <summary>
/// A model's capabilities as its provider's list states them. If it does not, chat and streaming are assumed, and nothing else.
/// </summary>
public sealed record ModelCapabilities
{
    /// <summary>Whether it answers chats.</summary>
    public bool Completion { get; init; } = true;

    /// <summary>Whether it makes embeddings.</summary>
    public bool Embedding { get; init; }

    /// <summary>Whether it streams.</summary>
    public bool Streaming { get; init; } = true;

    /// <summary>Whether the provider states that it understands images.</summary>
    public bool ImageUnderstanding { get; init; }

    /// <summary>Whether the provider states that it calls functions.</summary>
    public bool FunctionCalling { get; init; }

    /// <summary>The context window in tokens; null if unknown.</summary>
    public int? MaxContextTokens { get; init; }
}
