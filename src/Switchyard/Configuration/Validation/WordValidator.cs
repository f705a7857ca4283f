using Switchyard.Configuration.Binding;
using static Switchyard.Configuration.ValidationFinding;

namespace Switchyard.Configuration.Validation;

/// <summary>
/// Every setting that takes a word of a closed list has one of them, in any case. The lists are next to the settings
/// (<see cref="WordListAttribute"/>), and reading a word gives it the case it has there (<see cref="OptionProperty.Spell"/>).
/// </summary>
internal sealed class WordValidator : IConfigurationValidator
{
    public IEnumerable<ValidationFinding> Validate(SwitchyardOptions options, KnownNames known)
    {
        var found = new List<ValidationFinding>();
        TextSettings.Replace(options, text =>
        {
            var words = text.Property.KnownValues;
            if (words.Count > 0 && !words.Contains(text.Property.Spell(text.Value)) && !IsMissing(text))
                found.Add(NotOneOf(text.Path, text.Value, words));
            return text.Value;
        });
        return found;
    }

    /// <summary>
    /// Whether a word is empty by default, which the validator of its section reports: a guard without a type. Any other empty word, as an
    /// unset variable gives, is an error: egress, budgets and guards would no longer be enforced, without a message.
    /// </summary>
    private static bool IsMissing(TextSetting text) => text.Value.Length == 0 && text.Property.Default is "";

    private static ValidationFinding NotOneOf(string path, string value, IReadOnlyList<string> words) =>
        OfValue(
            value, path, $"'{ValuePlaceholder}' is not one of: {string.Join(", ", words)}{NearestName.Suggestion(value.Trim(), words)}");
}
