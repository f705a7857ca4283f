using static Switchyard.Configuration.ConfigurationKeys;

namespace Switchyard.Configuration.Validation;

/// <summary>The stores have an address, and entries are kept for at least a day.</summary>
internal sealed class StorageValidator : IConfigurationValidator
{
    public IEnumerable<ValidationFinding> Validate(SwitchyardOptions options, KnownNames known)
    {
        if (options.Storage.Ledger is { } ledger && !IsLedger(ledger))
        {
            yield return new(
                Combine("storage", "ledger"),
                "it must be sqlite:FILE, such as sqlite:switchyard.db, or postgres://USER:PASSWORD@HOST[:PORT]/DATABASE");
        }

        if (options.Storage.Retention < TimeSpan.FromDays(1))
            yield return new(Combine("storage", "retention"), "it must be at least a day");
        if (options.Storage.Redis is { } redis && !IsRedis(redis))
            yield return new(Combine("storage", "redis"), "it must be redis://HOST:PORT, rediss://HOST:PORT or HOST:PORT");
    }

    private static bool IsLedger(string text) =>
        (text.Trim().StartsWith("sqlite:", StringComparison.OrdinalIgnoreCase) && text.Trim().Length > "sqlite:".Length)
        || (Uri.TryCreate(text.Trim(), UriKind.Absolute, out var uri) && uri.Scheme is "postgres" or "postgresql"
            && uri.Host.Length > 0 && uri.AbsolutePath.Length > 1);

    private static bool IsRedis(string text) => Uri.TryCreate(
            text.Contains("://", StringComparison.Ordinal) ? text.Trim() : $"redis://{text.Trim()}", UriKind.Absolute, out var uri)
        && uri.Scheme is "redis" or "rediss" && uri.Host.Length > 0;
}
