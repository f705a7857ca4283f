using static Switchyard.Configuration.ConfigurationKeys;

namespace Switchyard.Configuration.Validation;

/// <summary>The storage time of answers is within range.</summary>
internal sealed class ResponsesValidator : IConfigurationValidator
{
    private static readonly TimeSpan s_shortest = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(365);

    public IEnumerable<ValidationFinding> Validate(SwitchyardOptions options, KnownNames known)
    {
        if (options.Responses.Keep < s_shortest || options.Responses.Keep > s_longest)
            yield return new(Combine("responses", "keep"), "must be from 1m to 365d");
    }
}
