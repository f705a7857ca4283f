using Switchyard.Configuration.Binding;

namespace Switchyard.Configuration.Validation;

/// <summary>An export is not a usable file yet: its secrets are masked.</summary>
internal sealed class MaskValidator : IConfigurationValidator
{
    public IEnumerable<ValidationFinding> Validate(SwitchyardOptions options, KnownNames known) =>
        SecretSettings.Of(options).Where(secret => secret.Value.Contains(SecretText.Mask, StringComparison.Ordinal)).Select(secret =>
            new ValidationFinding(
                secret.Path,
                $"'{ConfigurationKeys.Display(secret.Path)}' is masked, as an export writes secrets: write the secret, ${{VARIABLE}}, or a "
                    + "reference (secret://NAME)"));
}
