using System.Text.RegularExpressions;
using Switchyard.Targets;

namespace Switchyard.Dialects.BedrockConverse;

/// <summary>
/// The vendor's family of a model, where requests differ between families. Recognised by the model's id, which an inference profile
/// prefixes with a region.
/// </summary>
internal enum ModelFamily
{
    /// <summary>Unknown: another vendor's model, or an ARN that names no model.</summary>
    Other,

    /// <summary>Anthropic's Claude.</summary>
    Claude,

    /// <summary>Amazon's Nova, first generation.</summary>
    Nova,

    /// <summary>Amazon's Nova from the second generation on, which reasons.</summary>
    ReasoningNova,

    /// <summary>Amazon's Titan embeddings.</summary>
    TitanEmbedding,

    /// <summary>Cohere's embeddings.</summary>
    CohereEmbedding,

    /// <summary>Models that know a <c>reasoning_effort</c>: DeepSeek, gpt-oss, Qwen.</summary>
    ReasoningEffort,

    /// <summary>Mistral's.</summary>
    Mistral,

    /// <summary>A known vendor's model without vendor-specific request fields.</summary>
    Plain,
}

/// <summary>Recognises families by model ids.</summary>
internal static partial class ModelFamilies
{
    public static ModelFamily Of(string model)
    {
        // An ARN ends in the id of a model or of a system-defined profile; that of an account's own profile ends in a random name.
        var id = model[(model.LastIndexOf('/') + 1)..];
        var match = Vendor().Match(id);
        return match.Groups["vendor"].Value switch
        {
            "anthropic" => ModelFamily.Claude,
            "amazon" when match.Groups["rest"].Value.StartsWith("nova-2", StringComparison.Ordinal) => ModelFamily.ReasoningNova,
            "amazon" when match.Groups["rest"].Value.StartsWith("nova", StringComparison.Ordinal) => ModelFamily.Nova,
            "amazon" when match.Groups["rest"].Value.StartsWith("titan-embed", StringComparison.Ordinal) => ModelFamily.TitanEmbedding,
            "cohere" when match.Groups["rest"].Value.StartsWith("embed", StringComparison.Ordinal) => ModelFamily.CohereEmbedding,
            "deepseek" or "openai" or "qwen" => ModelFamily.ReasoningEffort,
            "mistral" => ModelFamily.Mistral,
            "" => ModelFamily.Other,
            _ => ModelFamily.Plain,
        };
    }

    /// <summary>The version in a Claude's id, 4.5 for <c>claude-sonnet-4-5-20250929</c>; null if the id has none.</summary>
    public static double? ClaudeVersion(string model)
    {
        var match = Version().Match(model);
        if (!match.Success)
            return null;
        var minor = match.Groups["minor"].Success ? match.Groups["minor"].Value[0] - '0' : 0;
        return match.Groups["major"].Value[0] - '0' + (minor / 10.0);
    }

    /// <summary>Whether the model constrains its answer to a schema by itself: not Amazon's, nor Claude before 4.5.</summary>
    public static bool TakesSchema(ModelFamily family, EgressTarget target) => target.Facts.JsonSchema ?? family switch
    {
        ModelFamily.Claude => ClaudeVersion(target.Model) is not < 4.5,
        ModelFamily.Nova or ModelFamily.ReasoningNova => false,
        _ => true,
    };

    [GeneratedRegex(@"^(?:(?:us|eu|apac|jp|au|ca|sa|global|us-gov)\.)?(?<vendor>[a-z0-9]+)\.(?<rest>.+)$", RegexOptions.CultureInvariant)]
    private static partial Regex Vendor();

    // claude-3-5-sonnet-…, claude-sonnet-4-5-…, claude-opus-4-20250514: a minor version is one digit, a date is eight.
    [GeneratedRegex(@"claude-(?:[a-z]+-)?(?<major>\d)(?:[-.](?<minor>\d)(?!\d))?(?!\d)", RegexOptions.CultureInvariant)]
    private static partial Regex Version();
}
