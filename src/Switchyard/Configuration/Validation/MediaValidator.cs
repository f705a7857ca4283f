using Switchyard.Configuration.Binding;
using static Switchyard.Configuration.ConfigurationKeys;

namespace Switchyard.Configuration.Validation;

/// <summary>Downloads have a limit and a timeout in range, and every entry of <c>media.allow</c> can be read.</summary>
internal sealed class MediaValidator : IConfigurationValidator
{
    private const long Largest = 1024 * 1024 * 1024;

    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    public IEnumerable<ValidationFinding> Validate(SwitchyardOptions options, KnownNames known)
    {
        var media = options.Media;
        if (media.MaxBytes is < 1024 or > Largest)
            yield return new(Combine("media", "max"), "the largest download must be from 1KB to 1GB");
        if (media.Timeout <= TimeSpan.Zero || media.Timeout > Longest)
        {
            yield return new(
                Combine("media", "timeout"), $"the timeout of downloads must be longer than 0 and at most {DurationText.Format(Longest)}");
        }

        foreach (var finding in EgressValidator.Entries(media.Allow, "media"))
            yield return finding;
    }
}
