using System.Runtime.CompilerServices;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Switchyard.Configuration;
using Switchyard.Configuration.Loading;

namespace Switchyard.Hosting;

/// <summary>
/// Sets options from a section of the host's configuration, with the names and the checks of <c>switchyard.yaml</c>: unlike the framework's
/// binder it knows durations and sizes, and refuses unknown keys.
/// </summary>
internal sealed class SectionOptions(IConfiguration section)
    : IConfigureOptions<SwitchyardOptions>, IValidateOptions<SwitchyardOptions>, IOptionsChangeTokenSource<SwitchyardOptions>
{
    // Setting and validating are two calls of the framework's, with nothing but the options between them.
    private readonly ConditionalWeakTable<SwitchyardOptions, string[]> _problems = [];

    /// <summary>The unnamed options.</summary>
    public string Name => Options.DefaultName;

    public void Configure(SwitchyardOptions options) => _problems.AddOrUpdate(
        options,
        [
            .. ConfigurationLoader.BindTo(options, section).Where(problem => problem.Severity == ProblemSeverity.Error).Select(problem => problem.ToString()),
        ]);

    public ValidateOptionsResult Validate(string? name, SwitchyardOptions options) =>
        _problems.TryGetValue(options, out var problems) && problems.Length > 0 ? ValidateOptionsResult.Fail(problems) : ValidateOptionsResult.Success;

    public IChangeToken GetChangeToken() => section.GetReloadToken();
}
