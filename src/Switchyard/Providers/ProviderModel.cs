namespace Switchyard.Providers;

/// <summary>A model as a provider describes it.</summary>
/// <param name="Id">The id to ask for, without the provider's name.</param>
/// <param name="Name">A name for people; the id where there is none.</param>
/// <param name="Provider">The provider's name.</param>
public sealed record ProviderModel(string Id, string Name, string Provider)
{
    /// <summary>Who says that the provider has this model.</summary>
    /// <value>The default is <see cref="ListedBy.Provider"/>.</value>
    public ListedBy ListedBy { get; init; }

    /// <summary>What the model can do.</summary>
    public ModelCapabilities Capabilities { get; init; } = new();

    /// <summary>The owner the provider names; null when it names none.</summary>
    public string? OwnedBy { get; init; }

    /// <summary>The creation date the provider gives; null when it gives none.</summary>
    public DateTimeOffset? Created { get; init; }
}

/// <summary>Who says that a provider has a model.</summary>
public enum ListedBy
{
    /// <summary>The provider itself: it lists the model.</summary>
    Provider,

    /// <summary>The configuration: the model is under <c>models</c> of the provider, or is an alias.</summary>
    Configuration,

    /// <summary>The catalogue alone: a guess until the provider is asked.</summary>
    Catalogue,
}

/// <summary>What a model can do. Where nothing is known, chat and streaming are assumed.</summary>
public sealed record ModelCapabilities
{
    /// <summary>Whether it answers chats.</summary>
    public bool Completion { get; init; } = true;

    /// <summary>Whether it makes embeddings.</summary>
    public bool Embedding { get; init; }

    /// <summary>Whether it streams.</summary>
    public bool Streaming { get; init; } = true;

    /// <summary>Whether it understands images.</summary>
    public bool ImageUnderstanding { get; init; }

    /// <summary>Whether it calls functions.</summary>
    public bool FunctionCalling { get; init; }

    /// <summary>The context window in tokens; null when not known.</summary>
    public int? MaxContextTokens { get; init; }
}
