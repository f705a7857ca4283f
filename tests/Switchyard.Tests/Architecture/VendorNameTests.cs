using System.Text.RegularExpressions;
using Switchyard.Providers;
using Switchyard.Providers.Catalogue;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Architecture;

/// <summary>
/// A vendor's name belongs in data, in its dialect's folder and in tests: code that checks the vendor cannot serve the next one.
/// A message for display may name one as an example.
/// </summary>
public sealed partial class VendorNameTests
{
    /// <summary>The files that may name a vendor, and why.</summary>
    private static readonly Dictionary<string, string> s_mayName = new(StringComparer.Ordinal)
    {
        ["src/Switchyard.Aspire.Hosting/SwitchyardReferenceBuilderExtensions.cs"] = "the variables that each vendor's packages read",
        ["src/Switchyard.Cloud/"] = "each cloud has credentials of its own",
        ["src/Switchyard.Edge/EdgeLimits.cs"] = "each store of secrets has settings of its own",
        ["src/Switchyard.Server/Importing/"] = "what other products call the vendors, and settings that only one vendor has",
        ["src/Switchyard/Canonical/DialectId.cs"] = "the names of the formats there are",
        ["src/Switchyard/Common/Sanitizer.cs"] = "the beginnings of the keys it masks",
        ["src/Switchyard/Configuration/SecretsOptions.cs"] = "the stores of secrets there are",
        ["src/Switchyard/Configuration/SecretStoreOptions.cs"] = "each store of secrets has settings of its own",
        ["src/Switchyard/Configuration/Validation/SecretsValidator.cs"] = "each store of secrets has settings of its own",
        ["src/Switchyard/Dialects/BuiltIn/"] = "the list of the formats there are",
        ["src/Switchyard/Dialects/AnthropicMessages/"] = "the format is called after its vendor",
        ["src/Switchyard/Dialects/Cohere/"] = "the format is called after its vendor",
        ["src/Switchyard/Dialects/Ollama/"] = "the format is called after its vendor",
        ["src/Switchyard/Dialects/Gemini/"] = "the format is called after its vendor",
        ["src/Switchyard/Dialects/BedrockConverse/"] =
            "the format is called after its vendor, and each vendor's models there have fields of their own",
        ["src/Switchyard/Dialects/OpenAIChat/"] = "the format is called after its vendor",
        ["src/Switchyard/Dialects/OpenAIResponses/"] = "the format is called after its vendor",
        ["src/Switchyard/Providers/KnownProviders.cs"] = "the names as constants, for those who write code against them",
        ["src/Switchyard/Providers/Mock/"] = "it is its own vendor",
    };

    /// <summary>Names of formats and of SDK path prefixes, which are not questions about the vendor.</summary>
    private static readonly string[] s_formats =
    [
        "OpenAIChat", "OpenAIResponses", "AnthropicMessages", "BedrockConverse", "DialectId.Gemini", "DialectId.Cohere", "DialectId.Ollama",
        "openai-chat", "anthropic-version", "\"/openai\"", "\"/anthropic\"", "s_openAI", "s_anthropic", "s_gemini",
    ];

    /// <summary>Catalogue names and aliases that are also plain words.</summary>
    private static readonly string[] s_words =
    [
        "near", "hug", "hf", "together", "mock", "grok", "nim", "alpaca", "vertex", "chutes", "morpheus", "minimax", "akash", "github",
        "azure",
    ];

    [Covers("S004-35", "S004-66", "S004-72")]
    [Fact]
    public void Code_names_no_vendor()
    {
        var names = ProviderCatalog.Default.All.SelectMany(entry => entry.Aliases.Append(entry.Name))
            .Concat(["anthropic", "bedrock", "claude", "gpt"])
            .Except(s_words)
            .Select(Regex.Escape);
        var vendor = new Regex($@"(?<![A-Za-z])(?:{string.Join('|', names)})(?![a-z])", RegexOptions.IgnoreCase);
        foreach (var file in Repository.Sources("src"))
        {
            if (s_mayName.Keys.Any(file.Path.StartsWith))
                continue;
            var code = s_formats.Aggregate(file.CodeAndNames, static (text, format) => text.Replace(format, "", StringComparison.Ordinal));
            var match = vendor.Match(code);
            Assert.False(match.Success, $"{file.Path} names '{match.Value}': … {Around(code, match)} …");
        }
    }

    [Fact]
    public void The_exceptions_are_still_there() =>
        Assert.All(s_mayName.Keys, path => Assert.True(Repository.Exists(path), path));

    private static string Around(string code, Match match) =>
        Space().Replace(code[Math.Max(0, match.Index - 40)..Math.Min(code.Length, match.Index + 40)], " ");

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}
