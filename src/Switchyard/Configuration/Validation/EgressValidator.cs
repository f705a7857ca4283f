using Switchyard.Network;
using static Switchyard.Configuration.ConfigurationKeys;
using static Switchyard.Configuration.ValidationFinding;

namespace Switchyard.Configuration.Validation;

/// <summary><c>egress.mode</c> is known, and every entry of an allow list can be read.</summary>
internal sealed class EgressValidator : IConfigurationValidator
{
    public IEnumerable<ValidationFinding> Validate(SwitchyardOptions options, KnownNames known)
    {
        if (options.Egress is not { } egress)
            yield break;
        foreach (var finding in Entries(egress.Allow, "egress", EgressGuards.ReadyMade))
            yield return finding;
    }

    /// <summary>The problems of the entries of an allow list.</summary>
    /// <param name="entries">The entries.</param>
    /// <param name="section">The section of the <c>allow</c> list.</param>
    /// <param name="word">A word that is also a valid entry; null for none.</param>
    public static IEnumerable<ValidationFinding> Entries(List<string> entries, string section, string? word = null)
    {
        for (var i = 0; i < entries.Count; i++)
        {
            if (entries[i].Trim().Equals(word, StringComparison.OrdinalIgnoreCase)
                || AllowEntry.Parse(entries[i], out var problem) is not null)
                continue;
            yield return OfValue(
                entries[i], Combine(section, "allow", $"{i}"), $"the entry '{ValuePlaceholder}' of {section}.allow {problem}");
        }
    }
}
