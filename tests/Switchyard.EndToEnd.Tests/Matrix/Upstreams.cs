using Switchyard.Configuration;
using Switchyard.EndToEnd.Tests.Upstream;
using Switchyard.TestKit;

namespace Switchyard.EndToEnd.Tests.Matrix;

/// <summary>One scripted API as the matrix needs it.</summary>
/// <param name="Type">The catalogue entry it replaces; null for a provider that the user defines.</param>
/// <param name="Dialect">The wire format it speaks.</param>
/// <param name="BaseUrl">The provider's base URL.</param>
/// <param name="Key">The key it accepts.</param>
/// <param name="Model">The model that answers.</param>
/// <param name="Stem">The prefix of its failing and hanging models' names.</param>
/// <param name="WhenLeft">Completes when the client of a hanging model has disconnected.</param>
internal sealed record UpstreamUnderTest(
    string? Type, string Dialect, string BaseUrl, string Key, string Model, string Stem, Func<string, Task> WhenLeft)
{
    /// <summary>Its name as a provider.</summary>
    public string Provider => "to-" + Dialect;

    public string StemAt => $"{Provider}/{Stem}";

    public Aim AimAt(Uri gateway) => new(gateway, $"{Provider}/{Model}", StemAt);
}

/// <summary>Every scripted API, and a gateway that has them all as providers.</summary>
internal sealed class Upstreams : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _servers = [];

    public List<UpstreamUnderTest> All { get; } = [];

    public GatewayHost Gateway { get; private set; } = null!;

    public static async Task<Upstreams> StartAsync(IReadOnlyList<string> dialects)
    {
        var upstreams = new Upstreams();
        if (dialects.Contains("openai-chat"))
        {
            var openAI = await ScriptedOpenAI.StartAsync();
            upstreams._servers.Add(openAI);
            upstreams.All.Add(new("openai", "openai-chat", openAI.BaseUrl, ScriptedOpenAI.Key, "gpt-script", "gpt", openAI.WhenLeft));
        }

        ScriptedApi[] others =
        [
            new ScriptedResponses(), new ScriptedAnthropic(), new ScriptedGemini(), new ScriptedBedrock(), new ScriptedCohere(),
            new ScriptedOllama(),
        ];
        foreach (var script in others.Where(script => dialects.Contains(script.Dialect)))
        {
            upstreams._servers.Add(await script.StartAsync());
            upstreams.All.Add(
                new(script.Type, script.Dialect, script.BaseUrl, ScriptedApi.Key, script.Model, script.Model, script.WhenLeft));
        }

        upstreams.Gateway = await GatewayHost.StartAsync(options =>
        {
            foreach (var upstream in upstreams.All)
            {
                options.Providers[upstream.Provider] = new ProviderOptions
                {
                    Type = upstream.Type, BaseUrl = upstream.BaseUrl, Key = upstream.Key, Dialect = upstream.Dialect,
                    Models = [upstream.Model],
                };
            }
        });
        return upstreams;
    }

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        foreach (var server in _servers)
            await server.DisposeAsync();
    }
}
