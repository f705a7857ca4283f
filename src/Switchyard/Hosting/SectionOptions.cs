using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Switchyard.Configuration;
using Switchyard.Configuration.Loading;

namespace Switchyard.Hosting;

/// <summary>
/// Binds options to a section of the host's configuration, with the keys and validation of <c>switchyard.yaml</c>. Unlike the binder of
/// Microsoft.Extensions.Configuration it reads durations and sizes, and rejects unknown keys.
/// </summary>
internal sealed partial class SectionOptions(IConfiguration section)
    : IConfigureOptions<SwitchyardOptions>, IValidateOptions<SwitchyardOptions>, IOptionsChangeTokenSource<SwitchyardOptions>
{
    // The options framework calls Configure and Validate with the options object alone, so problems are stored by that object.
    private readonly ConditionalWeakTable<SwitchyardOptions, string[]> _problems = [];

    /// <summary>The unnamed options.</summary>
    public string Name => Options.DefaultName;

    public void Configure(SwitchyardOptions options)
    {
        var errors = ConfigurationLoader.BindTo(options, section).Where(problem => problem.Severity == ProblemSeverity.Error);
        _problems.AddOrUpdate(options, [.. errors.Select(problem => problem.ToString()), .. UnreplacedReferences()]);
    }

    public ValidateOptionsResult Validate(string? name, SwitchyardOptions options) =>
        _problems.TryGetValue(options, out var problems) && problems.Length > 0
            ? ValidateOptionsResult.Fail(problems)
            : ValidateOptionsResult.Success;

    public IChangeToken GetChangeToken() => section.GetReloadToken();

    /// <summary>
    /// The values copied from a <c>switchyard.yaml</c> that are references to variables. Only that file's reader replaces them; here a key
    /// would be sent to its provider as <c>${NAME}</c>.
    /// </summary>
    private IEnumerable<string> UnreplacedReferences()
    {
        var path = (section as IConfigurationSection)?.Path;
        foreach (var (key, value) in section.AsEnumerable(makePathsRelative: true))
        {
            if (value is null || Reference.Match(value).Groups["name"] is not { Success: true, Value: var name })
                continue;
            var variable = string.Join("__", $"{path}:{key}".Split(':', StringSplitOptions.RemoveEmptyEntries));
            yield return $"{key.Replace(':', '.')}: ${{{name}}} is replaced only in a switchyard.yaml. "
                + $"Set the value itself, for example in user secrets or in the variable {variable}.";
        }
    }

    [GeneratedRegex(@"^\$\{(?<name>[A-Za-z_][A-Za-z0-9_]*)(?::-[^{}]*)?\}$", RegexOptions.CultureInvariant)]
    private static partial Regex Reference { get; }
}
