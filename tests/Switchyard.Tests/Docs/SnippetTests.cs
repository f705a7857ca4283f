using System.Buffers;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Client;
using Switchyard.Dialects;
using Switchyard.Dialects.BuiltIn;
using Switchyard.Pipeline;
using Switchyard.Targets;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Docs;

/// <summary>The documentation's C# works as the documentation describes.</summary>
public sealed class SnippetTests
{
    [Fact]
    public async Task Middleware_and_a_sink_take_part_in_a_call()
    {
        var services = Fresh();
        Snippets.Extend(services);
        await using var provider = services.BuildServiceProvider();
        await AskAsync(provider, "mock/mock-model-v1");

        Assert.True(Assert.Single(provider.GetServices<ICallSink>().OfType<TokenCounter>()).Tokens > 0);
        Assert.Equal(0, Assert.Single(provider.GetServices<IAttemptObserver>().OfType<FailureCounter>()).Failures);
    }

    [Fact]
    public async Task A_client_gets_an_alias_that_falls_back()
    {
        using var client = Snippets.Around(new EchoClient());
        var answer = await client.GetResponseAsync("Hello", new ChatOptions { ModelId = "chat" });

        Assert.Equal("Hello", answer.Text);
        Assert.Equal("inner", answer.AdditionalProperties![AnswerFacts.Provider]);
    }

    [Covers("V14")]
    [Fact]
    public async Task Code_is_tested_with_the_mock_and_clients_are_of_one_provider()
    {
        Assert.Equal("Yes.", await Snippets.TestedAsync());
        Assert.Equal(["Mock response to: Hello", "Mock response to: Hello"], await Snippets.ByProviderAsync());
        Assert.Equal(429, new AcmeExceptions().Read(new AcmeException(429, "busy"))?.Status);
    }

    [Fact]
    public async Task A_program_takes_its_settings_from_a_file_or_reports_every_problem_of_it()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("switchyard.yaml", "providers: { mock: {} }\nmodels: { fast: { targets: [ mock/mock-model-v1 ] } }\n");
        await using var provider = Snippets.OfFile(file).BuildServiceProvider();

        Assert.Equal("Mock response to: Hello", await AskAsync(provider, "fast"));
        var invalid = folder.Write("invalid.yaml", "provider: {}\ntimeouts: { idle: soon }\n");
        var failure = Assert.Throws<InvalidOperationException>(() => Snippets.OfFile(invalid));
        Assert.Equal(2, failure.Message.Split('\n').Length);
    }

    [Fact]
    public async Task Settings_change_at_run_time_and_back()
    {
        await using var provider = Fresh().AddSwitchyard(options => options.AutoEnable = false).Services.BuildServiceProvider();
        var engine = provider.GetRequiredService<Switchyard.Engine.SwitchyardEngine>();
        await engine.StartAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["routing.strategy = cost (version 1 by alice)"], await Snippets.ReconfigureAsync(engine));
        Assert.Equal("priority", engine.Options.Routing.Strategy);
    }

    [Fact]
    public async Task Health_is_asked_and_read_in_process() => Assert.Equal("True Healthy True", await Snippets.HealthAsync());

    [Fact]
    public async Task Statistics_are_read_in_process() => Assert.Equal("1 True 1 1 0 1", await Snippets.StatisticsAsync());

    [Covers("S002-55")]
    [Fact]
    public async Task A_host_of_ones_own_serves_the_endpoints()
    {
        await using var app = Snippets.InAHost([]);

        Assert.Contains(
            ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints),
            endpoint => endpoint.DisplayName!.Contains("/v1/chat/completions", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_set_with_a_dialect_of_ones_own_replaces_the_built_in_one()
    {
        var services = Fresh();
        Snippets.AddDialect(services, new EgressDialectOfOnesOwn());
        await using var provider = services.BuildServiceProvider();
        var dialects = provider.GetRequiredService<DialectSet>();

        Assert.IsType<EgressDialectOfOnesOwn>(dialects.Egress(new DialectId("my-dialect")));
        Assert.True(dialects.Speaks(DialectId.OpenAIChat));
        Assert.False(BuiltInDialects.Set.Speaks(new DialectId("my-dialect")));
    }

    private sealed class EgressDialectOfOnesOwn : IEgressDialect
    {
        private readonly IEgressDialect _like = BuiltInDialects.Set.Egress(DialectId.OpenAIChat);

        public DialectId Id => new("my-dialect");

        public string? GetPath(CallOperation operation, EgressTarget target, bool stream) => _like.GetPath(operation, target, stream);

        public void EncodeRequest(CanonicalRequest request, EgressTarget target, LossReport losses, IBufferWriter<byte> output) =>
            _like.EncodeRequest(request, target, losses, output);

        public ForwardEdits? PlanForward(CallEnvelope envelope, ReadOnlySpan<byte> body, EgressTarget target) => null;

        public CanonicalAnswer DecodeAnswer(CallOperation operation, ReadOnlyMemory<byte> body) => _like.DecodeAnswer(operation, body);

        public IStreamDecoder CreateStreamDecoder(CallOperation operation) => _like.CreateStreamDecoder(operation);

        public IAnswerProbe CreateProbe(CallOperation operation) => _like.CreateProbe(operation);

        public CallError DecodeError(int status, ReadOnlySpan<byte> body, EgressTarget target) => _like.DecodeError(status, body, target);
    }

    private static ServiceCollection Fresh() => [];

    private static async Task<string> AskAsync(IServiceProvider provider, string model) =>
        (await provider.GetRequiredService<IChatClient>().GetResponseAsync("Hello", new ChatOptions { ModelId = model })).Text;
}
