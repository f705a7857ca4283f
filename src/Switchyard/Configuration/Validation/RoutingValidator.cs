using static Switchyard.Configuration.ConfigurationKeys;
using static Switchyard.Configuration.ValidationFinding;

namespace Switchyard.Configuration.Validation;

/// <summary>Strategy, preferred providers, retries and circuit are possible, and name providers that exist.</summary>
internal sealed class RoutingValidator : IConfigurationValidator
{
    /// <summary>The most retries of one target: more would hold a client for minutes.</summary>
    public const int MostRetries = 20;

    public IEnumerable<ValidationFinding> Validate(SwitchyardOptions options, KnownNames known) =>
        [
            .. ValidateRouting(options, known), .. ValidateRetry(options.Retry), .. ValidateCircuit(options.Circuit),
            .. ValidateProviders(options),
        ];

    private static IEnumerable<ValidationFinding> ValidateRouting(SwitchyardOptions options, KnownNames known)
    {
        var routing = options.Routing;
        if (routing.Selected is not null && routing.Strategy != "manual")
            yield return new(Combine("routing", "selected"), "selected has an effect only with strategy: manual");
        var named = routing.Preferred.Select((name, index) => (Path: Combine("routing", "preferred", $"{index}"), Name: name)).ToList();
        if (routing.Selected is { } selected)
            named.Add((Combine("routing", "selected"), selected));
        foreach (var (path, name) in named)
        {
            if (known.FindMissing(name, path, options) is { } missing)
                yield return missing;
        }

        if (routing.MaxFallbacks is < 0 or > 20)
            yield return new(Combine("routing", "max_fallbacks"), "max_fallbacks is between 0 and 20");
        if (routing.Concurrency is < 1)
            yield return new(Combine("routing", "concurrency"), "concurrency is at least 1; leave it out for no bound");
        if (routing.Queue < 0)
            yield return new(Combine("routing", "queue"), "queue is not negative; 0 lets no call wait");
        if (routing.QueueWait < TimeSpan.Zero)
            yield return new(Combine("routing", "queue_wait"), "queue_wait is not negative");
    }

    private static IEnumerable<ValidationFinding> ValidateRetry(RetryOptions retry)
    {
        if (retry.Attempts is < 1 or > MostRetries + 1)
            yield return new(
                Combine("retry", "attempts"), $"attempts counts all tries, the first included: between 1 and {MostRetries + 1}");
        if (retry.Base < TimeSpan.Zero)
            yield return new(Combine("retry", "base"), "base is not negative");
        if (retry.Max < retry.Base)
            yield return new(Combine("retry", "max"), "max is not shorter than base");
        if (retry.Budget is not (>= 0 and <= 1))
            yield return new(Combine("retry", "budget"), "budget is a share from 0% to 100%");
    }

    private static IEnumerable<ValidationFinding> ValidateCircuit(CircuitOptions circuit)
    {
        if (circuit.Failures < 1)
            yield return new(Combine("circuit", "failures"), "failures is at least 1; enabled: false turns the circuit off");
        if (circuit.Ratio is not (> 0 and <= 1))
            yield return new(Combine("circuit", "ratio"), "ratio is a share above 0% and up to 100%");
        if (circuit.Minimum < 1)
            yield return new(Combine("circuit", "minimum"), "minimum is at least 1");
        if (circuit.Window < TimeSpan.FromSeconds(1) || circuit.Window > TimeSpan.FromHours(1))
            yield return new(Combine("circuit", "window"), "window is between 1s and 1h");
        if (circuit.Open < TimeSpan.FromMilliseconds(100) || circuit.Open > TimeSpan.FromDays(1))
            yield return new(Combine("circuit", "open"), "open is between 100ms and 1d");
    }

    private static IEnumerable<ValidationFinding> ValidateProviders(SwitchyardOptions options)
    {
        foreach (var (name, provider) in options.Providers)
        {
            if (provider is null)
                continue;
            if (!double.IsFinite(provider.Weight) || provider.Weight < 0)
                yield return new(Combine("providers", name, "weight"), "a provider's weight is a number that is not negative");
            if (provider.MaxRetries is < 0 or > MostRetries)
                yield return new(Combine("providers", name, "max_retries"), $"max_retries is between 0 and {MostRetries}");
            if (provider.Concurrency is < 1)
                yield return new(Combine("providers", name, "concurrency"), "concurrency is at least 1; leave it out for no bound");
        }
    }
}
