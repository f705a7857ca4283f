using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Providers;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Docs.From;

/// <summary>The C# of docs/from/orchestrator.md does what the page says.</summary>
public sealed class OrchestratorTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_provider_answers_with_output_provider_and_usage_and_the_tenant_is_recorded()
    {
        var records = new List<CallRecord>();
        await using var host = await FromHost.StartAsync(services =>
        {
            OrchestratorSnippets.AddProvider(services, "my-key");
            services.AddSwitchyard().AddSink(new EndedSink(records.Add));
        });

        var answer = await OrchestratorSnippets.ChatAsync(host.Services);

        Assert.Equal("myprovider", answer.AdditionalProperties![AnswerFacts.Provider]);
        Assert.Equal(("tenant-1", 15), (Assert.Single(records).Tenant, records[0].Usage.Total));
    }

    [Theory]
    [InlineData(429, "rate_limit", "myprovider answered 429, that is 429 rate_limit, which may pass")]
    [InlineData(401, "bad_key", "myprovider answered 401, that is 500 upstream_authentication_failed")]
    [InlineData(503, "down", "myprovider answered 503, that is 502 down, which may pass")]
    [InlineData(400, "bad_request", "myprovider answered 400, that is 400 bad_request")]
    public async Task The_vendors_errors_are_distinguished(int status, string code, string told)
    {
        var client = new MyVendorClient("my-key") { Failure = new MyVendorException(status, code) };
        await using var host = await FromHost.StartAsync(
            services =>
            {
                services.AddSingleton<IClientExceptionReader, MyVendorErrors>();
                services.AddSwitchyard().AddProvider("myprovider", client, null, "my-model");
            },
            options => options.Retry.Attempts = 1);

        Assert.Equal(told, await OrchestratorSnippets.TryAsync(host.Services.GetRequiredKeyedService<IChatClient>("myprovider")));
    }

    [Fact]
    public async Task A_key_of_the_store_is_used_and_a_new_one_from_the_next_call_on()
    {
        await using var vendor = await FakeUpstream.StartAsync();
        vendor.ThenJson(Some.ChatCompletion());
        var secrets = new MySecrets();
        await secrets.SetAsync("provider:openai:apiKey", "sk-the-first-key", Stop);
        await using var host = await FromHost.StartAsync(services =>
        {
            OrchestratorSnippets.AddSecrets(services, secrets);
            services.AddSwitchyard(options => options.Providers["openai"].BaseUrl = vendor.BaseUrl);
        });
        var chat = host.Services.GetRequiredKeyedService<IChatClient>("openai");

        await chat.GetResponseAsync("Hi", cancellationToken: Stop);
        Assert.Equal("Bearer sk-the-first-key", vendor.LastRequest.Headers["Authorization"]);
        await OrchestratorSnippets.RotateAsync(host.Engine, secrets, Stop);
        await chat.GetResponseAsync("Hi", cancellationToken: Stop);

        Assert.Equal("Bearer sk-the-new-key", vendor.LastRequest.Headers["Authorization"]);
    }

    [Fact]
    public async Task A_unit_test_needs_no_network() =>
        Assert.Equal(["Hello!", "400"], await OrchestratorSnippets.UnitTestAsync());
}
