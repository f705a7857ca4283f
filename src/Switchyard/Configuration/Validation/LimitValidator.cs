using static Switchyard.Configuration.ConfigurationKeys;
using static Switchyard.Configuration.ValidationFinding;

namespace Switchyard.Configuration.Validation;

/// <summary>Each limit limits something, is within range, and belongs to a provider that exists.</summary>
internal sealed class LimitValidator : IConfigurationValidator
{
    private static readonly TimeSpan s_shortest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(31);

    public IEnumerable<ValidationFinding> Validate(SwitchyardOptions options, KnownNames known)
    {
        foreach (var (name, limit) in options.Limits)
        {
            if (ValidateName(name, options, known) is { } finding)
                yield return finding;
            foreach (var problem in Validate(limit, "limits", name))
                yield return problem;
        }
    }

    /// <summary>The problems of a limit at any path.</summary>
    public static IEnumerable<ValidationFinding> Validate(LimitOptions? limit, params string[] path)
    {
        var at = Combine(path);
        if (limit is null)
        {
            yield return new(at, "a limit is a map, such as { rpm: 600 }");
            yield break;
        }

        (string Key, long? Max)[] bounds =
        [
            ("rpm", limit.RequestsPerMinute), ("rpd", limit.RequestsPerDay), ("requests", limit.Requests), ("tpm", limit.TokensPerMinute),
            ("tpd", limit.TokensPerDay), ("tokens", limit.Tokens), ("concurrency", limit.Concurrency),
        ];
        foreach (var (key, _) in bounds.Where(bound => bound.Max < 1))
            yield return new(Combine(at, key), $"{key} is at least 1; leave it out for no bound");
        if (bounds.All(bound => bound.Max is null))
            yield return new(at, "the limit bounds nothing: give it rpm, rpd, requests, tpm, tpd, tokens or concurrency");
        if (limit.Window < s_shortest || limit.Window > s_longest)
            yield return new(Combine(at, "window"), "window is between 1s and 31d");
        if (limit.Queue < 0)
            yield return new(Combine(at, "queue"), "queue is not negative; 0 lets no call wait");
        if (limit.QueueWait < TimeSpan.Zero)
            yield return new(Combine(at, "queue_wait"), "queue_wait is not negative");
    }

    private static ValidationFinding? ValidateName(string name, SwitchyardOptions options, KnownNames known)
    {
        var path = Combine("limits", name);
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        if (name.Any(char.IsWhiteSpace) || slash == 0 || slash == name.Length - 1)
            return new(path, "a limit is of a provider, or of one of its models: \"openai/gpt-4o\"");
        var provider = slash < 0 ? name : name[..slash];
        return known.FindMissing(provider, path, options)
            ?? (options.Providers.GetValueOrDefault(provider) is { Enabled: false }
                ? OfValue(
                    provider, path, $"the limit has no effect: the provider '{ValuePlaceholder}' is not enabled", ProblemSeverity.Warning)
                : null);
    }
}
