namespace Switchyard.Providers;

/// <summary>
/// Constants for provider names that code refers to. Not a closed list: a new provider needs no entry here.
/// </summary>
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

    /// <summary>A provider the user supplies: a compatible server, or a client in this process.</summary>
    public const string Custom = "custom";

    /// <summary>The built-in mock.</summary>
    public const string Mock = "mock";

    /// <summary>The names every version has had.</summary>
    public static readonly IReadOnlyList<string> All = [OpenAI, Anthropic, Google, HuggingFace, Custom];
}
