using System.Runtime.CompilerServices;
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
internal sealed class SectionOptions(IConfiguration section)
    : IConfigureOptions<SwitchyardOptions>, IValidateOptions<SwitchyardOptions>, IOptionsChangeTokenSource<SwitchyardOptions>
{
    // The options framework calls Configure and Validate with the options object alone, so problems are stored by that object.
    private readonly ConditionalWeakTable<SwitchyardOptions, string[]> _problems = [];

    /// <summary>The unnamed options.</summary>
    public string Name => Options.DefaultName;

    public void Configure(SwitchyardOptions options)
    {
        var errors = ConfigurationLoader.BindTo(options, section).Where(problem => problem.Severity == ProblemSeverity.Error);
        _problems.AddOrUpdate(options, [.. errors.Select(problem => problem.ToString())]);
    }

    public ValidateOptionsResult Validate(string? name, SwitchyardOptions options) =>
        _problems.TryGetValue(options, out var problems) && problems.Length > 0
            ? ValidateOptionsResult.Fail(problems)
            : ValidateOptionsResult.Success;

    public IChangeToken GetChangeToken() => section.GetReloadToken();
}
