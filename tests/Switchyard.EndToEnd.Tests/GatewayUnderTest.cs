using System.Collections.Concurrent;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.EndToEnd.Tests.Upstream;
using Switchyard.Pipeline;
using Switchyard.TestKit;

namespace Switchyard.EndToEnd.Tests;

/// <summary>Sends every body through the canonical form, so that our own encoder writes the request to the provider.</summary>
internal sealed class AlwaysTranslate : ICallMiddleware
{
    public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next)
    {
        call.Body.Replace(call.Body.GetCanonical());
        return next(call);
    }
}

/// <summary>A gateway whose provider <c>openai</c> is the scripted API, in one of the two modes.</summary>
internal sealed class GatewayUnderTest : IAsyncDisposable
{
    private readonly ConcurrentQueue<EgressMode> _modes = new();

    private GatewayUnderTest(ScriptedOpenAI upstream) => Upstream = upstream;

    public ScriptedOpenAI Upstream { get; }

    public GatewayHost Gateway { get; private set; } = null!;

    /// <summary>The base URL for clients.</summary>
    public Uri BaseUrl => new(Gateway.Address, "/v1");

    /// <summary>The modes of all attempts so far.</summary>
    public IReadOnlyList<EgressMode> Modes => [.. _modes];

    public static async Task<GatewayUnderTest> StartAsync(EgressMode mode, Action<SwitchyardOptions>? configure = null)
    {
        var setup = new GatewayUnderTest(await ScriptedOpenAI.StartAsync());
        setup.Gateway = await GatewayHost.StartAsync(
            options =>
            {
                options.Providers["openai"] =
                    new ProviderOptions { BaseUrl = setup.Upstream.BaseUrl, Key = ScriptedOpenAI.Key, Models = ["gpt-script", "gpt-hang"] };
                configure?.Invoke(options);
            },
            build =>
            {
                build.AddSink(new EndedSink(setup.Note));
                if (mode == EgressMode.Translate)
                    build.UseCall<AlwaysTranslate>();
            });
        return setup;
    }

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await Upstream.DisposeAsync();
    }

    private void Note(CallRecord call)
    {
        foreach (var attempt in call.Attempts)
            _modes.Enqueue(attempt.Mode);
    }
}
