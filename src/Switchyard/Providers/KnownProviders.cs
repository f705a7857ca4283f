namespace Switchyard.Providers;

/// <summary>Constants for provider names used in code. Not a closed list: a new provider needs no entry here.</summary>
public static class KnownProviders
{
    /// <summary>OpenAI.</summary>
    public const string OpenAI = "openai";

    /// <summary>Anthropic.</summary>
    public const string Anthropic = "anthropic";

    /// <summary>Google.</summary>
    public const string Google = "google";

    /// <summary>Hugging Face.</summary>
    public const string HuggingFace = "huggingface";

    /// <summary>A user-supplied provider: a compatible server, or an in-process client.</summary>
    public const string Custom = "custom";

    /// <summary>The built-in mock.</summary>
    public const string Mock = "mock";

    /// <summary>The names that exist in every version.</summary>
    public static readonly IReadOnlyList<string> All = [OpenAI, Anthropic, Google, HuggingFace, Custom];
}
