using Switchyard.Configuration.Binding;
using static Switchyard.Configuration.ValidationFinding;

namespace Switchyard.Configuration.Validation;

/// <summary>
/// Every setting that takes a word of a closed list has one of them, in any case. The lists are next to the settings
/// (<see cref="KnownValuesAttribute"/>), and reading a word gives it the case it has there (<see cref="OptionProperty.Spell"/>).
/// </summary>
internal sealed class WordValidator : IConfigurationValidator
{
    public IEnumerable<ValidationFinding> Validate(SwitchyardOptions options, KnownNames known)
    {
        var found = new List<ValidationFinding>();
        TextSettings.Replace(options, text =>
        {
            var words = text.Property.KnownValues;
            // An empty word is reported by the validator of its section: a guard without a type.
            if (words.Count > 0 && text.Value.Length > 0 && !words.Contains(text.Property.Spell(text.Value)))
                found.Add(NotOneOf(text.Path, text.Value, words));
            return text.Value;
        });
        return found;
    }

    private static ValidationFinding NotOneOf(string path, string value, IReadOnlyList<string> words) =>
        new(path, $"'{ValuePlaceholder}' is not one of: {string.Join(", ", words)}{NearestName.Suggestion(value.Trim(), words)}")
        {
            Value = value,
        };
}
