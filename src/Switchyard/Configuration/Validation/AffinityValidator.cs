using Switchyard.Configuration.Binding;
using static Switchyard.Configuration.ConfigurationKeys;
using static Switchyard.Configuration.ValidationFinding;

namespace Switchyard.Configuration.Validation;

/// <summary>Affinity is by something that a call can have, and its time is within bounds.</summary>
internal sealed class AffinityValidator : IConfigurationValidator
{
    private const string Header = AffinityOptions.HeaderPrefix;

    private static readonly string[] s_words = ["conversation", "end_user", $"{Header}NAME"];

    private static readonly TimeSpan s_shortest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(1);

    public IEnumerable<ValidationFinding> Validate(SwitchyardOptions options, KnownNames known)
    {
        foreach (var (alias, route) in options.Models)
        {
            if (route.Affinity is not { } affinity)
                continue;
            for (var index = 0; index < affinity.By.Count; index++)
            {
                if (!IsKnown(affinity.By[index]))
                {
                    var nearest = NearestName.Suggestion(affinity.By[index], s_words[..2]);
                    yield return OfValue(
                        affinity.By[index], Combine("models", alias, "affinity", "by", $"{index}"),
                        $"'{ValuePlaceholder}' is not one of: {string.Join(", ", s_words)}{nearest}");
                }
            }

            if (affinity.Ttl < s_shortest || affinity.Ttl > s_longest)
                yield return new(Combine("models", alias, "affinity", "ttl"), "the time of an affinity is between 1s and 1d");
        }
    }

    private static bool IsKnown(string by) => s_words.Contains(by, StringComparer.OrdinalIgnoreCase)
        || (by.StartsWith(Header, StringComparison.OrdinalIgnoreCase) && by.Length > Header.Length
            && by.AsSpan(Header.Length).IndexOfAnyExceptInRange('!', '~') < 0 && by.IndexOf(':', Header.Length) < 0);
}
