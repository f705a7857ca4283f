using System.CommandLine;
using Switchyard.Configuration;
using Switchyard.Configuration.Loading;
using Switchyard.Server.Composition;

namespace Switchyard.Server.Commands;

/// <summary>The options every verb shares, and loading with them.</summary>
internal static class ConfigurationArguments
{
    public static readonly Option<string?> File = new("--config", "-c")
    {
        Description = "The configuration file. Default: switchyard.yaml or switchyard.yml in the working directory, if it exists.",
        HelpName = "file",
        Recursive = true,
    };

    public static readonly Option<string[]> Set = new("--set")
    {
        Description = "A setting that overrides the file and the environment, for example server.max_body=8MB. May be repeated.",
        HelpName = "key=value",
        Recursive = true,
        DefaultValueFactory = _ => [],
        CompletionSources = { Suggestions.Settings },
    };

    public static ConfigurationRequest Request(ParseResult parsed, ConfigurationChecks checks, params IEnumerable<string> overrides) =>
        checks.Complete(new ConfigurationRequest
        {
            File = parsed.GetValue(File),
            Overrides = [.. parsed.GetValue(Set) ?? [], .. overrides],
        });

    /// <inheritdoc cref="Load(ParseResult, ConfigurationRequest)"/>
    public static SwitchyardOptions? Load(ParseResult parsed, ConfigurationChecks checks) => Load(parsed, Request(parsed, checks));

    /// <summary>Loads, and prints every problem on the error stream. Null when the configuration cannot be used.</summary>
    public static SwitchyardOptions? Load(ParseResult parsed, ConfigurationRequest request)
    {
        var result = ConfigurationLoader.Load(request);
        foreach (var problem in result.Problems)
            parsed.InvocationConfiguration.Error.WriteLine(ProblemLine.Of(problem));
        return result.Options;
    }
}
