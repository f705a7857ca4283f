using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Switchyard.Configuration;
using Switchyard.Configuration.Runtime;
using Switchyard.Tests.Client;
using Switchyard.TestKit;
using Xunit;
using GivenEngine = Switchyard.Tests.Client.Given;

namespace Switchyard.Tests.Configuration;

/// <summary>
/// Random updates, removals, resets, roll-backs, imports and reloads of the file under load, against a model that is two maps: no call
/// fails,
/// and the export matches the model.
/// </summary>
public sealed class RandomConfigurationTests(ITestOutputHelper output)
{
    private static readonly string[] s_strategies = ["priority", "cost", "performance", "round-robin", "weighted", "least-busy"];

    [Fact]
    public async Task Whatever_is_changed_under_load_no_call_fails_and_the_export_is_what_was_asked_for()
    {
        var rounds = int.Parse(
            Environment.GetEnvironmentVariable("SWITCHYARD_CONFIGURATION_ROUNDS") ?? "300", CultureInfo.InvariantCulture);
        var seed = int.Parse(Environment.GetEnvironmentVariable("SWITCHYARD_CONFIGURATION_SEED") ?? "11", CultureInfo.InvariantCulture);
        output.WriteLine($"{rounds} rounds, seed {seed}");
        var random = new Random(seed);
        var file = new Dictionary<string, string> { ["models.fast.targets"] = "acme/small" };
        await using var given = GivenEngine.AnEngineWith(new ScriptedClient("Hi"), options => Load(options, file));
        await given.Engine.StartAsync(Stop);
        var configuration = given.Engine.Configuration;
        var layers = new List<Dictionary<string, string?>> { new() };
        using var stop = new CancellationTokenSource();
        var calls = 0;
        var load = Task.Run(async () =>
        {
            for (; !stop.IsCancellationRequested; Interlocked.Increment(ref calls))
                Assert.Equal("Hi", (await given.Chat.GetResponseAsync("Hello", new ChatOptions { ModelId = "fast" }, Stop)).Text);
        }, Stop);

        for (var round = 1; round <= rounds; round++)
        {
            var layer = new Dictionary<string, string?>(layers[^1]);
            switch (random.Next(10))
            {
                case 0:
                    Write(random, file);
                    Assert.True((await given.Engine.ApplyAsync(Load(new(), file), Stop)).Applied);
                    break;
                case 1:
                    var back = Math.Max(layers.Count - 1 - random.Next(50), 0);
                    layer = new(layers[back]);
                    await configuration.RollBackAsync(back, cancellationToken: Stop);
                    break;
                case 2 when layer.Count > 0:
                    var gone = layer.Keys.ElementAt(random.Next(layer.Count));
                    layer.Remove(gone);
                    await configuration.ResetAsync([gone], cancellationToken: Stop);
                    break;
                case 3:
                    await configuration.ImportAsync(configuration.Export(), cancellationToken: Stop);
                    layer = configuration.Version == layers.Count - 1 ? layer : Differences(file, Merged(file, layer));
                    break;
                case 4:
                    var bad = new Dictionary<string, string?> { ["routing.queue"] = "7", ["routing.queues"] = "7" };
                    await Assert.ThrowsAsync<ConfigurationChangeException>(() => configuration.UpdateAsync(bad, cancellationToken: Stop));
                    break;
                default:
                    var changes = Changes(random, random.Next(1, 6));
                    foreach (var (key, value) in changes)
                        Put(layer, file, key, value);
                    await configuration.UpdateAsync(changes, "random", cancellationToken: Stop);
                    break;
            }

            if (configuration.Version == layers.Count)
                layers.Add(layer);
            Assert.Equal(Text(Merged(file, layers[^1])), Text(Flat(configuration.Export())));
        }

        // On a busy machine the first call may begin after the last change.
        await Wait.ForAsync(() => Volatile.Read(ref calls) > 0 || load.IsCompleted);
        await stop.CancelAsync();
        await load;
        Assert.True(calls > 0);
        Assert.DoesNotContain(given.Ended, ended => ended.Error is not null);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>A setting of one of the kinds that the model covers: plain ones, entries of maps, and the list of an alias.</summary>
    private static KeyValuePair<string, string> Setting(Random random) => random.Next(9) switch
    {
        0 => new("routing.strategy", s_strategies[random.Next(1, s_strategies.Length)]),
        1 => new("routing.queue", $"{random.Next(101, 200)}"),
        2 => new("timeouts.total", $"{random.Next(11, 50)}m"),
        3 => new("strict", "true"),
        4 => new($"limits.acme/m{random.Next(5)}.rpm", $"{random.Next(1, 500)}"),
        5 => new($"budgets.b{random.Next(3)}.usd", $"{random.Next(100, 500)}"),
        6 => new($"models.alias-{random.Next(4)}.targets", $"acme/small{random.Next(9)}"),
        7 => new("media.max", $"{random.Next(1, 9)}MB"),
        _ => new("routing.max_fallbacks", $"{random.Next(4, 9)}"),
    };

    private static Dictionary<string, string?> Changes(Random random, int count)
    {
        var changes = new Dictionary<string, string?>();
        for (var i = 0; i < count; i++)
        {
            var (key, value) = Setting(random);
            changes[key] = value;
        }

        // Only whole entries are removed: an alias without targets would be invalid.
        if (random.Next(4) == 0)
            changes[$"limits.acme/m{random.Next(5)}"] = null;
        return changes.Keys.Any(key => changes.Keys.Any(other => other.StartsWith($"{key}.", StringComparison.Ordinal)))
            ? Changes(random, count)
            : changes;
    }

    private static void Write(Random random, Dictionary<string, string> file)
    {
        file.Clear();
        file["models.fast.targets"] = "acme/small";
        foreach (var (key, value) in Changes(random, 6).Where(change => change.Value is not null))
            file[key] = value!;
    }

    /// <summary>The model of a change: a value that overrides the file, or null that removes a setting of the file.</summary>
    private static void Put(Dictionary<string, string?> layer, Dictionary<string, string> file, string key, string? value)
    {
        foreach (var below in layer.Keys.Where(other => IsAt(other, key)).ToList())
            layer.Remove(below);
        if (value is not null || file.Keys.Any(other => IsAt(other, key)))
            layer[key] = value;
    }

    private static Dictionary<string, string> Merged(Dictionary<string, string> file, Dictionary<string, string?> layer)
    {
        var merged = file.Where(setting => !layer.Any(set => set.Value is null && IsAt(setting.Key, set.Key))).ToDictionary();
        foreach (var (key, value) in layer.Where(set => set.Value is not null))
            merged[key] = value!;
        return merged;
    }

    private static Dictionary<string, string?> Differences(Dictionary<string, string> file, Dictionary<string, string> wanted)
    {
        var layer = wanted.Where(set => file.GetValueOrDefault(set.Key) != set.Value)
            .ToDictionary(set => set.Key, string? (set) => set.Value);
        foreach (var gone in file.Keys.Where(key => !wanted.ContainsKey(key)))
            layer[Entry(gone)] = null;
        return layer;
    }

    /// <summary>The entry of a removed setting: the whole entry is removed.</summary>
    private static string Entry(string key) => key[..key.LastIndexOf('.')];

    private static bool IsAt(string key, string upper) => key == upper || key.StartsWith($"{upper}.", StringComparison.Ordinal);

    private static SwitchyardOptions Load(SwitchyardOptions options, Dictionary<string, string> file)
    {
        options.AutoEnable = false;
        options.Retry.Attempts = 1;
        options.Circuit.Enabled = false;
        // A strict budget needs the price of a call.
        options.Prices.Models["acme/*"] = new() { Input = 1, Output = 1 };
        var layer = RuntimeLayer.Of(SettingDocument.Read(
            new JsonObject(file.Select(set => KeyValuePair.Create(set.Key, (JsonNode?)JsonValue.Create(set.Value)))), options, []));
        Assert.Empty(layer.ApplyTo(options));
        return options;
    }

    private static Dictionary<string, string> Flat(string yaml)
    {
        var flat = new Dictionary<string, string>();
        Walk("", SettingDocument.Parse(yaml));
        foreach (var always in new[] { "auto_enable", "retry.attempts", "circuit.enabled", "prices.acme/*.input", "prices.acme/*.output" })
            Assert.True(flat.Remove(always));
        return flat;

        void Walk(string path, JsonNode? node)
        {
            if (node is JsonObject map)
            {
                foreach (var (name, child) in map)
                    Walk(path.Length == 0 ? name : $"{path}.{name}", child);
            }
            else
            {
                flat[path] = node is JsonArray list ? string.Join(',', list) : $"{node}";
            }
        }
    }

    private static string Text(Dictionary<string, string> settings) =>
        string.Join('\n', settings.OrderBy(set => set.Key, StringComparer.Ordinal).Select(set => $"{set.Key}={set.Value}"));
}
