namespace Switchyard.Providers;

/// <summary>A model as a provider describes it.</summary>
/// <param name="Id">The id to ask for, without the provider's name.</param>
/// <param name="Name">A name for people; the id where there is none.</param>
/// <param name="Provider">The provider's name.</param>
public sealed record ProviderModel(string Id, string Name, string Provider)
{
    /// <summary>What the model can do.</summary>
    public ModelCapabilities Capabilities { get; init; } = new();

    /// <summary>The owner the provider names; null when it names none.</summary>
    public string? OwnedBy { get; init; }

    /// <summary>The creation date the provider gives; null when it gives none.</summary>
    public DateTimeOffset? Created { get; init; }
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
