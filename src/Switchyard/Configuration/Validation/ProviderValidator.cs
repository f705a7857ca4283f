using Switchyard.Configuration.Binding;
using static Switchyard.Configuration.ConfigurationKeys;
using static Switchyard.Configuration.ValidationFinding;

namespace Switchyard.Configuration.Validation;

/// <summary>Providers have legal names and a catalogue entry, type or base URL; the default provider exists and is enabled.</summary>
internal sealed class ProviderValidator : IConfigurationValidator
{
    /// <summary>The type of a provider that has no catalogue entry and takes everything from its settings.</summary>
    private const string CustomType = "custom";

    private const int LongestName = 64;

    public IEnumerable<ValidationFinding> Validate(SwitchyardOptions options, KnownNames known)
    {
        foreach (var (name, provider) in options.Providers)
        {
            foreach (var finding in ValidateProvider(name, provider, known))
                yield return finding;
        }

        if (options.DefaultProvider is not { } wanted)
            yield break;
        if (options.Providers.TryGetValue(wanted, out var configured) ? !configured.Enabled : !known.IsProvider(wanted))
        {
            var cause = configured is null ? "is neither configured nor in the catalogue" : "is not enabled";
            var others = options.Providers.Keys.Concat(known.Providers).Where(other => other != wanted);
            yield return OfValue(
                wanted, "default_provider", $"the default provider '{ValuePlaceholder}' {cause}{NearestName.Suggestion(wanted, others)}");
        }
    }

    private static IEnumerable<ValidationFinding> ValidateProvider(string name, ProviderOptions provider, KnownNames known) =>
    [
        .. ValidateKind(name, provider, known),
        .. ValidateKey(name, provider),
        .. ValidateKeys(name, provider),
        .. ValidateFacts(name, provider),
        .. ValidateSettings(name, provider, known),
    ];

    /// <summary>Its name and type: what the catalogue knows of it, or the settings must say.</summary>
    private static IEnumerable<ValidationFinding> ValidateKind(string name, ProviderOptions provider, KnownNames known)
    {
        if (!IsLegalName(name))
        {
            yield return new(
                Combine("providers", name),
                name.Length > LongestName && HasLegalLetters(name)
                    ? $"the provider's name '{name[..LongestName]}…' has {name.Length} characters, which is more than {LongestName}"
                    : $"'{DisplayName(name)}' is not a legal name of a provider: use letters, digits, '.', '-' and '_'");
        }
        else if (provider is { Type: null, BaseUrl: null, Replay: null } && !known.IsProvider(name))
        {
            yield return new(
                Combine("providers", name),
                $"the provider '{DisplayName(name)}' is not in the catalogue, so it needs a base_url or a type"
                + NearestName.Suggestion(name, known.Providers));
        }

        if (provider.Type is { } type && !type.Equals(CustomType, StringComparison.OrdinalIgnoreCase) && !known.IsProvider(type))
        {
            yield return OfValue(
                type, Combine("providers", name, "type"),
                $"the type '{ValuePlaceholder}' is not in the catalogue; write {CustomType} for a provider described here"
                + NearestName.Suggestion(type, known.Providers));
        }
        else if (CustomType.Equals(provider.Type, StringComparison.OrdinalIgnoreCase) && provider is { BaseUrl: null, Replay: null })
        {
            yield return new(
                Combine("providers", name), $"the provider '{DisplayName(name)}' is of type {CustomType}, so it needs a base_url");
        }
    }

    private static IEnumerable<ValidationFinding> ValidateKey(string name, ProviderOptions provider)
    {
        if (provider.Key is { } key && string.IsNullOrWhiteSpace(key))
        {
            yield return new(
                Combine("providers", name, "key"),
                $"the key of '{DisplayName(name)}' is empty; leave it out to take the provider's usual variable");
        }
        else if (provider.Key is { } text && text.Trim().Any(char.IsControl))
        {
            yield return new(
                Combine("providers", name, "key"), $"the key of '{DisplayName(name)}' holds a line break or another control character");
        }
        else if (provider.Key is { } sent && IsNotAscii(sent))
        {
            yield return new(
                Combine("providers", name, "key"),
                $"the key of '{DisplayName(name)}' holds a character that is not ASCII; it cannot be sent");
        }
    }

    private static bool IsNotAscii(string key) => key.Any(letter => letter > '~') && !SecretReference.TryRead(key, out _);

    private static IEnumerable<ValidationFinding> ValidateSettings(string name, ProviderOptions provider, KnownNames known)
    {
        if (provider.Dialect is { } dialect && !known.Dialects.Contains(dialect, StringComparer.OrdinalIgnoreCase))
        {
            yield return OfValue(
                dialect, Combine("providers", name, "dialect"),
                $"the dialect '{ValuePlaceholder}' is not known; this version knows: {string.Join(", ", known.Dialects)}");
        }

        if (provider.Timeout is { } timeout && timeout < TimeSpan.FromSeconds(1))
            yield return new(Combine("providers", name, "timeout"), "a provider's timeout is at least 1s");
        if (provider.AttemptTimeout is { } attempt && attempt < TimeSpan.FromSeconds(1))
            yield return new(Combine("providers", name, "attempt_timeout"), "a provider's attempt_timeout is at least 1s");
        if (provider.DefaultModel is { } usual && string.IsNullOrWhiteSpace(usual))
            yield return new(Combine("providers", name, "default_model"), "the name of a model is empty");
        for (var index = 0; index < provider.Models.Count; index++)
        {
            if (string.IsNullOrWhiteSpace(provider.Models[index]))
                yield return new(Combine("providers", name, "models", $"{index}"), "the name of a model is empty");
        }
    }

    private static IEnumerable<ValidationFinding> ValidateFacts(string name, ProviderOptions provider)
    {
        if (provider.MaxRequestTokens is <= 0)
            yield return new(Combine("providers", name, "max_request_tokens"), "the most tokens of a request must be at least 1");
    }

    private static IEnumerable<ValidationFinding> ValidateKeys(string name, ProviderOptions provider)
    {
        if (provider.Keys.Count > 0 && provider.Key is not null)
        {
            yield return new ValidationFinding(
                Combine("providers", name, "keys"), $"'{DisplayName(name)}' has both key and keys; move the one into the other");
        }

        for (var index = 0; index < provider.Keys.Count; index++)
        {
            var entry = provider.Keys[index];
            if (string.IsNullOrWhiteSpace(entry.Key) || entry.Key.Any(char.IsControl))
            {
                yield return new ValidationFinding(
                    Combine("providers", name, "keys", $"{index}", "key"),
                    $"a key of '{DisplayName(name)}' is empty or holds a control character");
            }
            else if (IsNotAscii(entry.Key))
            {
                yield return new ValidationFinding(
                    Combine("providers", name, "keys", $"{index}", "key"),
                    $"a key of '{DisplayName(name)}' holds a character that is not ASCII; it cannot be sent");
            }

            if (!double.IsFinite(entry.Weight) || entry.Weight <= 0)
            {
                yield return new ValidationFinding(
                    Combine("providers", name, "keys", $"{index}", "weight"), "a key's weight is a number greater than 0");
            }
        }
    }

    private static bool IsLegalName(string name) =>
        name.Length is > 0 and <= LongestName && HasLegalLetters(name);

    private static bool HasLegalLetters(string name) =>
        name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '_');
}
