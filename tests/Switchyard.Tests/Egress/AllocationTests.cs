using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Configuration;
using Switchyard.Dialects;
using Switchyard.Engine;
using Switchyard.Providers;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Egress;

/// <summary>
/// The allocations of a warm forwarded call in the engine. The fake transport answers immediately, on the caller's thread.
/// </summary>
/// <remarks>Not at the same time as tests that listen to the metrics or spans of every engine: these then cost memory.</remarks>
[Collection("Listeners")]
public sealed class AllocationTests
{
#if DEBUG
    // Without optimisation an async method's state is an object even if it completes synchronously.
    private const int Limit = 6 * 1024;
#else
    private const int Limit = 4 * 1024;
#endif

    private static readonly byte[] s_answer = Encoding.UTF8.GetBytes(Some.ChatCompletion(new string('x', 500)));

    [Covers("S004-39")]
    [Fact]
    public async Task A_warm_forwarded_call_allocates_less_than_4_KB()
    {
        await using var services = Build();
        var engine = services.GetRequiredService<SwitchyardEngine>();
        await engine.StartAsync(TestContext.Current.CancellationToken);
        var dialect = services.GetRequiredService<DialectSet>().Ingress(DialectId.OpenAIChat);
        var body = PooledBytes.Owned(Encoding.UTF8.GetBytes(Some.ChatRequest("up/some-model", new string('y', 10_000))));
        for (var i = 0; i < 200; i++)
            await ForwardAsync(engine, dialect, body);

        var each = Measure(engine, dialect, body);
        TestContext.Current.TestOutputHelper?.WriteLine($"{each} bytes a call");
        Assert.InRange(each, 1, Limit);
    }

    [Fact]
    public async Task Counting_a_call_allocates_nothing()
    {
        await using var services = Build();
        var engine = services.GetRequiredService<SwitchyardEngine>();
        await engine.StartAsync(TestContext.Current.CancellationToken);
        var dialect = services.GetRequiredService<DialectSet>().Ingress(DialectId.OpenAIChat);
        var body = PooledBytes.Owned(Encoding.UTF8.GetBytes(Some.ChatRequest("up/some-model", new string('y', 400))));

        var without = await MeasureAsync();
        engine.Metrics.Keep();
        var with = await MeasureAsync();

        TestContext.Current.TestOutputHelper?.WriteLine($"{without} and {with} bytes a call");
        Assert.InRange(with, 1, without + 8);

        async Task<long> MeasureAsync()
        {
            for (var i = 0; i < 200; i++)
                await ForwardAsync(engine, dialect, body);
            return Measure(engine, dialect, body);
        }
    }

    /// <summary>The bytes that a call allocates.</summary>
    private static long Measure(SwitchyardEngine engine, IIngressDialect dialect, PooledBytes body)
    {
        const int calls = 200;
        return Allocations.Fewest(() =>
        {
            for (var i = 0; i < calls; i++)
            {
                var forwarded = ForwardAsync(engine, dialect, body);
                Assert.True(forwarded.IsCompletedSuccessfully, "The fake transport is to answer on this thread.");
            }
        }) / calls;
    }

    private static async Task ForwardAsync(SwitchyardEngine engine, IIngressDialect dialect, PooledBytes body)
    {
        var envelope = dialect.ReadEnvelope(new IngressRequest(CallOperation.Chat), body.Memory.Span);
        await using var response = await engine.RunAsync(
            new CallRequest(envelope, CallBody.FromWire(dialect, envelope, body)), CancellationToken.None);
        var forwarded = Assert.IsAssignableFrom<ForwardedResponse>(response);
        while (!(await forwarded.ReadAsync()).IsEmpty)
        {
        }
    }

    private static ServiceProvider Build()
    {
        var services = new ServiceCollection();
        services.AddSingleton(new ProviderContext { HandlerFactory = () => new InstantHandler() });
        services.AddSwitchyard(options =>
        {
            options.AutoEnable = false;
            options.Providers["up"] = new ProviderOptions { BaseUrl = "http://127.0.0.1:1/v1", Key = "k" };
        });
        return services.BuildServiceProvider();
    }

    private sealed class InstantHandler : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var content = new ByteArrayContent(s_answer);
            content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = content });
        }
    }
}
