using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Configuration;
using Switchyard.Dialects;
using Switchyard.Dialects.OpenAIChat;
using Switchyard.Engine;
using Switchyard.Providers;

namespace Switchyard.Benchmarks;

/// <summary>
/// A call through the whole engine in forward mode, from its bytes to the last byte of its answer, with a provider that answers from
/// memory: all code of the engine without HTTP. The allocation target of the performance contract is read here.
/// </summary>
public class ForwardPath
{
    private readonly OpenAIChatDialect _dialect = new();
    private ServiceProvider _services = null!;
    private SwitchyardEngine _engine = null!;
    private PooledBytes _body = PooledBytes.Owned([]);

    [Params(500, 10_000)]
    public int Bytes { get; set; }

    [Params(false, true)]
    public bool Stream { get; set; }

    [GlobalSetup]
    public async Task Setup()
    {
        _body = PooledBytes.Owned(SampleRequest.OfSize(Bytes, Stream));
        var options = new SwitchyardOptions { AutoEnable = false };
        options.Providers["bench"] = new ProviderOptions { BaseUrl = "http://127.0.0.1:1/v1", Key = "bench-key" };
        var services = new ServiceCollection();
        services.AddSingleton(new ProviderContext { HandlerFactory = () => new CannedHandler(Stream) });
        services.AddSwitchyard(options);
        _services = services.BuildServiceProvider();
        _engine = _services.GetRequiredService<SwitchyardEngine>();
        await _engine.StartAsync();
        if (await Call() == 0) throw new InvalidOperationException("The call failed; there is nothing to measure.");
    }

    [GlobalCleanup]
    public async Task Cleanup() => await _services.DisposeAsync();

    /// <summary>The cost of the canned provider itself, to be subtracted; a ratio to it has no meaning.</summary>
    [Benchmark]
    public Task<int> ProviderAlone() => CannedHandler.CallAloneAsync(Stream);

    [Benchmark]
    public async Task<int> Call()
    {
        var envelope = _dialect.ReadEnvelope(new IngressRequest(CallOperation.Chat), _body.Memory.Span);
        await using var response = await _engine.RunAsync(
            new CallRequest(envelope, CallBody.FromWire(_dialect, envelope, _body)), CancellationToken.None);
        if (response is not ForwardedResponse forwarded) return 0;
        var length = 0;
        while (await forwarded.ReadAsync() is { IsEmpty: false } bytes) length += bytes.Length;
        return forwarded.IsComplete ? length : 0;
    }
}
