using Switchyard.Targets;

namespace Switchyard.Models;

/// <summary>
/// One model of the catalogue: limits, modalities, features, prices. Facts are those of the named source on its date; a fact without a
/// source is null or empty, never a guess and never 0. Immutable.
/// </summary>
public sealed record ModelInfo
{
    /// <summary>The provider, by its name in <c>providers.json</c>.</summary>
    public required string Provider { get; init; }

    /// <summary>The provider's own id of the model.</summary>
    public required string Id { get; init; }

    /// <summary>The display name; the id if it has none.</summary>
    public required string Name { get; init; }

    /// <summary>The source of the facts.</summary>
    public required ModelSource Source { get; init; }

    /// <summary>The kind of model.</summary>
    public ModelKind Kind { get; init; }

    /// <summary>Limits in tokens, features, and how its reasoning is controlled.</summary>
    public ModelFacts Facts { get; init; } = ModelFacts.Unknown;

    /// <summary>The longest prompt in tokens, if less than the context window; null if unknown.</summary>
    public int? MaxInputTokens { get; init; }

    /// <summary>Input modalities: <c>text</c>, <c>image</c>, <c>audio</c>, <c>video</c>, <c>pdf</c>; empty if unknown.</summary>
    public IReadOnlyList<string> InputModalities { get; init; } = [];

    /// <summary>Output modalities: the same words, <c>embedding</c> or <c>score</c>; empty if unknown.</summary>
    public IReadOnlyList<string> OutputModalities { get; init; } = [];

    /// <summary>Whether it reads PDF files; null if unknown.</summary>
    public bool? Pdf { get; init; }

    /// <summary>Whether it accepts audio input; null if unknown.</summary>
    public bool? AudioInput { get; init; }

    /// <summary>Whether its reasoning can be switched on and off.</summary>
    public bool ReasoningToggle { get; init; }

    /// <summary>The field in which reasoning is sent back between turns; null if none.</summary>
    public string? ReasoningField { get; init; }

    /// <summary>Its prices, in the order in which they come into force; empty if unknown.</summary>
    public IReadOnlyList<ModelPricing> Prices { get; init; } = [];

    /// <summary><c>deprecated</c> or <c>beta</c>; null for a model in ordinary use.</summary>
    public string? Status { get; init; }

    /// <summary>The release date, as <c>2026-06-30</c> or <c>2026-06</c>; null if unknown.</summary>
    public string? Released { get; init; }

    /// <summary>
    /// The entry these facts are taken from, <c>provider/id</c>, if the catalogue does not list the model under its own provider and id: a
    /// dated or regional name of it, or the same model at another provider. Null if listed.
    /// </summary>
    public string? TakenFrom { get; init; }

    /// <summary>
    /// The sources of facts that no list of models has, one sentence each: the rules of its family. Empty if none applies.
    /// </summary>
    public IReadOnlyList<string> Rules { get; init; } = [];

    /// <summary>Whether it streams. No source states this for single models; it is inferred from the kind.</summary>
    public bool Streams => Kind == ModelKind.Chat;

    /// <summary>The price in force on a day; null if unknown.</summary>
    public ModelPricing? PriceOn(DateOnly day)
    {
        for (var i = Prices.Count - 1; i >= 0; i--)
        {
            if (Prices[i].From is not { } from || from <= day)
                return Prices[i];
        }

        return null;
    }
}

/// <summary>The kind of a model.</summary>
public enum ModelKind
{
    /// <summary>Messages in, a message out.</summary>
    Chat,

    /// <summary>Texts in, vectors out.</summary>
    Embedding,

    /// <summary>A query and documents in, the documents ordered by relevance out.</summary>
    Rerank,

    /// <summary>Generates images.</summary>
    Image,

    /// <summary>Generates speech.</summary>
    Speech,

    /// <summary>Transcribes speech.</summary>
    Transcription,

    /// <summary>Generates video.</summary>
    Video,
}

/// <summary>The source of a fact.</summary>
public sealed record ModelSource
{
    /// <summary>The repository that publishes it.</summary>
    public required string Name { get; init; }

    /// <summary>The commit it was read at.</summary>
    /// <value>Empty: it has none.</value>
    public string Commit { get; init; } = "";

    /// <summary>The date of that commit.</summary>
    public required DateOnly Date { get; init; }

    /// <summary>The licence the facts are published under.</summary>
    /// <value>Empty: it is no publication.</value>
    public string Licence { get; init; } = "";
}
