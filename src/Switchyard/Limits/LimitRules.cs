using Switchyard.Configuration;

namespace Switchyard.Limits;

/// <summary>The rules of one limit. Immutable.</summary>
internal sealed class LimitRules
{
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_day = TimeSpan.FromDays(1);

    private LimitRules(LimitRule[] rules) => Rules = rules;

    /// <summary>The rules; of two for the same unit and window, the stricter.</summary>
    public LimitRule[] Rules { get; }

    /// <summary>The maximum number of concurrent calls; null if not limited.</summary>
    public int? Concurrency { get; private init; }

    /// <summary>The maximum number of waiting calls; null if calls do not wait.</summary>
    public int? Queue { get; private init; }

    /// <summary>How long a call may wait.</summary>
    public TimeSpan QueueWait { get; private init; }

    /// <summary>Whether tokens are limited.</summary>
    public bool CountsTokens => Array.Exists(Rules, rule => rule.Unit == LimitUnit.Tokens);

    /// <summary>The rules of options; null if they limit nothing.</summary>
    public static LimitRules? From(LimitOptions? options)
    {
        if (options is not { Enabled: true })
            return null;
        List<LimitRule> rules = [];
        Add("rpm", LimitUnit.Requests, options.RequestsPerMinute, s_minute);
        Add("rpd", LimitUnit.Requests, options.RequestsPerDay, s_day);
        Add("requests", LimitUnit.Requests, options.Requests, options.Window);
        Add("tpm", LimitUnit.Tokens, options.TokensPerMinute, s_minute);
        Add("tpd", LimitUnit.Tokens, options.TokensPerDay, s_day);
        Add("tokens", LimitUnit.Tokens, options.Tokens, options.Window);
        return rules.Count == 0 && options.Concurrency is null ? null : new LimitRules([.. rules])
        {
            Concurrency = options.Concurrency,
            Queue = options.Mode.Equals("queue", StringComparison.OrdinalIgnoreCase) ? options.Queue : null,
            QueueWait = options.QueueWait,
        };

        void Add(string setting, LimitUnit unit, long? max, TimeSpan window)
        {
            if (max is not { } most)
                return;
            var same = rules.FindIndex(rule => rule.Unit == unit && rule.Window == window);
            if (same < 0)
                rules.Add(new LimitRule { Setting = setting, Unit = unit, Max = most, Window = window });
            else if (rules[same].Max > most)
                rules[same] = new LimitRule { Setting = setting, Unit = unit, Max = most, Window = window };
        }
    }

    /// <summary>The rule of a provider registered with a maximum of requests per minute.</summary>
    public static LimitRules PerMinute(int requests) =>
        new([new LimitRule { Setting = "rpm", Unit = LimitUnit.Requests, Max = requests, Window = s_minute }]);
}
