using System.Globalization;
using StackExchange.Redis;
using Switchyard.Limits;

namespace Switchyard.Storage.Redis;

/// <summary>
/// The limits of several gateways, counted in Redis by one script for all limits of a call (Scripts/limits.lua). Thread-safe.
/// </summary>
/// <param name="link">The connection.</param>
internal sealed class RedisLimits(RedisLink link) : ISharedLimits
{
    // The version of the stored format: a gateway with another format counts under other names beside this one. The braces keep all keys
    // in one slot of a cluster, because one script uses all of them.
    private const string Prefix = "switchyard:{limits}:v1:";
    private const int ArgumentsEach = 7;

    private static readonly string s_script = ReadScript();
    private static readonly RedisKey s_probe = $"{Prefix}probe";

    public async ValueTask<SharedLimitAnswer?> ExchangeAsync(
        string node, IReadOnlyList<SharedLimitAsk> asks, TimeSpan lease, TimeSpan patience)
    {
        var keys = asks.Count > 0 ? new RedisKey[asks.Count * 2] : [s_probe];
        var arguments = new RedisValue[2 + (asks.Count * ArgumentsEach)];
        (arguments[0], arguments[1]) = (node, (long)lease.TotalMilliseconds);
        for (var i = 0; i < asks.Count; i++)
        {
            var ask = asks[i];
            (keys[2 * i], keys[(2 * i) + 1]) = (HashOf(ask.Name), ListOf(ask.Name));
            RedisValue[] mine =
            [
                ask.Max, (long)ask.Window.TotalMilliseconds, ask.Used, ask.GivenBack, ask.Correction, ask.Needed, ask.Wished,
            ];
            mine.CopyTo(arguments, 2 + (i * ArgumentsEach));
        }

        var result = await link.TryAsync(database => database.ScriptEvaluateAsync(s_script, keys, arguments), patience)
            .ConfigureAwait(false);
        if (result is null || (long[]?)result is not { } numbers || numbers.Length != 3 + (2 * asks.Count))
            return null;
        return new SharedLimitAnswer
        {
            Refusing = numbers[1] == 0 ? null : (int)numbers[1] - 1,
            RetryAfter = TimeSpan.FromMilliseconds(numbers[2]),
            Nodes = (int)numbers[0],
            Limits = [.. asks.Select((_, i) => new SharedLimitGrant(numbers[3 + (2 * i)], numbers[4 + (2 * i)]))],
        };
    }

    public async ValueTask ForgetAsync(IReadOnlyList<string> names) => await link.TryAsync(
        database => database.KeyDeleteAsync([.. names.SelectMany(name => new RedisKey[] { HashOf(name), ListOf(name) })]),
        TimeSpan.FromSeconds(1)).ConfigureAwait(false);

    private static string HashOf(string name) => $"{Prefix}{name}";

    private static string ListOf(string name) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{name}:slots");

    private static string ReadScript()
    {
        using var stream = typeof(RedisLimits).Assembly.GetManifestResourceStream("limits.lua")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
