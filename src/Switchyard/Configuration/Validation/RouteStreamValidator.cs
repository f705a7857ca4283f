using Switchyard.Configuration.Binding;
using Switchyard.Targets;
using static Switchyard.Configuration.ConfigurationKeys;
using static Switchyard.Configuration.ValidationFinding;

namespace Switchyard.Configuration.Validation;

/// <summary>Hedge, buffer and continuation of an alias are possible.</summary>
internal sealed class RouteStreamValidator : IConfigurationValidator
{
    public IEnumerable<ValidationFinding> Validate(SwitchyardOptions options, KnownNames known)
    {
        foreach (var (alias, route) in options.Models)
        {
            var isAlone = route.Targets.Count + route.Fallback.Count < 2;
            if (route.Hedge is { } hedge)
            {
                if (!HedgeDelayText.TryParse(hedge.After, out _, out _))
                {
                    yield return new(
                        Combine("models", alias, "hedge", "after"),
                        $"'{ValuePlaceholder}' is neither a duration such as 800ms nor a percentile from p50 to p99") { Value =
                            hedge.After };
                }

                if (hedge.Max is not (> 0 and <= 1))
                    yield return new(
                        Combine("models", alias, "hedge", "max"), "max is a share above 0% and up to 100%; leave hedge out for none");
                if (isAlone)
                    yield return new(Combine("models", alias, "hedge"), "there is no other target to ask; add one to targets or fallback");
            }

            if (route.Buffer is { } buffer)
            {
                if (buffer is { Chunks: null, Time: null })
                    yield return new(Combine("models", alias, "buffer"), "a buffer needs chunks, time, or both");
                if (buffer.Chunks is < 1 or > 1000)
                    yield return new(
                        Combine("models", alias, "buffer", "chunks"), "chunks is between 1 and 1000; leave buffer out for none");
                if (buffer.Time is { } time && (time < TimeSpan.FromMilliseconds(1) || time > HoldRule.Longest))
                    yield return new(Combine("models", alias, "buffer", "time"), "time is between 1ms and 30s; leave buffer out for none");
            }

            if (route.Continuation && isAlone)
            {
                yield return new(
                    Combine("models", alias, "continuation"), "there is no other target to continue with; add one to targets or fallback");
            }
        }
    }
}
