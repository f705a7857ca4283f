using Microsoft.Extensions.Options;
using Switchyard.Configuration;
using Switchyard.Configuration.Binding;
using Switchyard.Configuration.Validation;

namespace Switchyard.Engine;

/// <summary>
/// Validates options from any source with the validators of the configuration file. It does not check whether a provider exists: code may
/// add one at any time, and a call to an unknown one fails with the reason.
/// </summary>
internal sealed class OptionsCheck : IValidateOptions<SwitchyardOptions>
{
    private static readonly KnownNames s_known = new(new ConfigurationRequest(), new PluginsOptions());

    public ValidateOptionsResult Validate(string? name, SwitchyardOptions options) =>
        FindErrors(options) is { Count: > 0 } errors ? ValidateOptionsResult.Fail(errors) : ValidateOptionsResult.Success;

    /// <summary>The errors, one sentence each, without secrets; empty if the options are valid.</summary>
    public static List<string> FindErrors(SwitchyardOptions options) => FindErrors(options, s_known);

    /// <summary>As <see cref="FindErrors(SwitchyardOptions)"/>, where only the given providers exist without being configured.</summary>
    public static List<string> FindErrors(SwitchyardOptions options, KnownNames known) =>
    [
        // On a copy, in which a provider that code has set to null has its defaults.
        .. ConfigurationValidators.Run(options.Copy(), known)
            .Where(finding => finding.Severity == ProblemSeverity.Error)
            .Select(finding => ConfigurationKeys.Sentence($"{ConfigurationKeys.Display(finding.Path)}: {finding.Text}")),
    ];
}
