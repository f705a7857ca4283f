namespace Switchyard.Configuration.Validation;

/// <summary>Checks one concern of options that are already of the right shape. Stateless and thread-safe; never throws.</summary>
internal interface IConfigurationValidator
{
    IEnumerable<ValidationFinding> Validate(SwitchyardOptions options, KnownNames known);
}
