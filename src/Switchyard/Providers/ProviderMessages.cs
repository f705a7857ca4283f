using Switchyard.Common;

namespace Switchyard.Providers;

/// <summary>The messages of the registry, in one place because tools and users search for them.</summary>
internal static class ProviderMessages
{
    private const int MaxErrorLength = 100;

    public static string AlreadyRegistered(string name, bool canReplace = true) =>
        $"Provider {name} is already registered. Each name is registered once: call UnregisterAsync first"
        + (canReplace ? ", or pass replace: true." : ".");

    public static string ClassAlreadyRegistered(string name) => $"Provider class {name} is already registered";

    public static string Unknown(string name, IReadOnlyList<string> available, IReadOnlyList<string> near) =>
        $"Unknown provider: {name}. Available providers: {string.Join(", ", available)}"
        + (near.Count == 0 ? "" : $". Did you mean {string.Join(" or ", near)}?");

    public static string NotFound(string name, IReadOnlyList<string> available, IReadOnlyList<string> near) =>
        $"Provider not found: {name}. Available providers: {string.Join(", ", available)}"
        + (near.Count == 0 ? "" : $". Did you mean {string.Join(" or ", near)}?");

    public static string NotEnabled(string name, IReadOnlyList<string> available, ProviderDescriptor known)
    {
        var how = known is { RequiresApiKey: true, KeyEnv: [var variable, ..] }
            ? $"set {variable} or providers.{known.Name}.key"
            : $"add it under providers: {known.Name}: {{}}";
        return $"Provider {name} is not enabled: {how}. Available providers: {string.Join(", ", available)}.";
    }

    /// <summary>The error code of a provider without a key.</summary>
    public const string MissingCredentials = "missing_credentials";

    public static string MissingKey(string name, ProviderDescriptor descriptor) =>
        $"{name} API key is not configured: set {string.Join(" or ", descriptor.KeyEnv.Append($"providers.{name}.key"))}.";

    public static string Disabled(string name) => $"Provider {name} is not enabled here: providers.{name}.enabled is false.";

    public static string Unavailable(string name, string function, string error) =>
        $"Provider '{name}' is unavailable: {function} failed to load. Error: {Cut(error)}";

    public static string NoSettings(string name) =>
        $"Provider '{name}' is registered as a class without settings: register the class with settings, or an instance.";

    /// <summary><c>ErrorType: message</c>, without the key.</summary>
    public static string Describe(Exception error, ProviderSettings? settings, SecretRedactor secrets) =>
        $"{error.GetType().Name}: {Redact(error.Message, settings, secrets)}";

    /// <summary>
    /// The text without secrets, including the provider's own short keys: a library's message may quote the failed request.
    /// </summary>
    public static string Redact(string text, ProviderSettings? settings, SecretRedactor secrets) => secrets.Redact((settings?.Secrets ?? [])
        .Where(secret => !string.IsNullOrWhiteSpace(secret))
        .Aggregate(text, static (redacted, secret) => redacted.Replace(secret, "***", StringComparison.Ordinal)));

    public static string Cut(string text) => text.Length <= MaxErrorLength ? text : text[..MaxErrorLength];
}
