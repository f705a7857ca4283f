using Switchyard.Configuration.Binding;
using static Switchyard.Configuration.ConfigurationKeys;

namespace Switchyard.Configuration.Validation;

/// <summary>Downloads have a limit and a timeout in range, and <c>media.allow</c> holds host names or IP addresses, not URLs.</summary>
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

        for (var i = 0; i < media.Allow.Count; i++)
        {
            if (Uri.CheckHostName(media.Allow[i]) == UriHostNameType.Unknown)
            {
                yield return new(
                    Combine("media", "allow"), $"'{media.Allow[i]}' is not a host name or an IP address: leave out scheme, port and path");
            }
        }
    }
}
