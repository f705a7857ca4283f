using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Dialects;
using Switchyard.Dialects.BuiltIn;
using Switchyard.Egress;
using Switchyard.Egress.Exchange;
using Switchyard.Egress.Media;
using Switchyard.Egress.Reasoning;
using Switchyard.Providers.Http;
using Switchyard.Targets;
using Switchyard.Tests.Calls;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Egress;

/// <summary>The decision to forward or translate, for each reason.</summary>
public sealed class EgressPlanTests : IDisposable
{
    private readonly ClockWheel _wheel = new(TimeProvider.System);
    private readonly RequestPreparation _preparation = new(new ReasoningMemory(TimeProvider.System));

    public void Dispose()
    {
        _preparation.Dispose();
        _wheel.Dispose();
    }

    [Fact]
    public async Task The_same_format_on_both_sides_is_forwarded_with_nothing_but_the_model_changed()
    {
        var json = Some.ChatRequest("fast", extra: ",\"a_field_nobody_knows\":{\"deep\":[1,2]}");
        var (plan, exchange) = await DecideAsync(DialectId.OpenAIChat, json);

        Assert.Equal(EgressMode.Forward, plan.Mode);
        Assert.Equal(json.Replace("\"fast\"", "\"real-model\"", StringComparison.Ordinal), await plan.Content.ReadAsStringAsync());
        Assert.Empty(exchange.Attempt.Losses.Fields);
    }

    [Fact]
    public async Task Another_format_is_translated_and_what_it_cannot_carry_is_named()
    {
        var (plan, exchange) = await DecideAsync(DialectId.AnthropicMessages, Some.ChatRequest("fast", extra: ",\"logit_bias\":{\"1\":2}"));

        Assert.Equal(EgressMode.Translate, plan.Mode);
        Assert.Equal("real-model", (string?)JsonNode.Parse(await plan.Content.ReadAsStringAsync())!["model"]);
        Assert.Equal(["logit_bias"], exchange.Attempt.Losses.Fields);
    }

    [Fact]
    public async Task In_strict_mode_what_cannot_be_carried_is_a_refusal()
    {
        var refused = await Assert.ThrowsAsync<CallException>(
            () => DecideAsync(DialectId.AnthropicMessages, Some.ChatRequest("fast", extra: ",\"logit_bias\":{\"1\":2}"), strict: true));

        Assert.Equal((CallErrorKind.InvalidRequest, "logit_bias"), (refused.Error.Kind, refused.Error.Param));
    }

    [Fact]
    public async Task A_body_that_a_step_has_replaced_is_never_forwarded()
    {
        var (plan, _) = await DecideAsync(DialectId.OpenAIChat, Some.ChatRequest("fast"), change: body => body.Replace(
            new CanonicalChatRequest([new ChatMessage(ChatRole.User, "Replaced")], new ChatOptions())));

        Assert.Equal(EgressMode.Translate, plan.Mode);
        Assert.Contains("Replaced", await plan.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_providers_quirk_forbids_is_translated_although_the_formats_agree()
    {
        var quirks = new ProviderQuirks { UnsupportedParams = ["logit_bias"] };
        var (plan, exchange) = await DecideAsync(
            DialectId.OpenAIChat, Some.ChatRequest("fast", extra: ",\"logit_bias\":{\"1\":2}"), quirks);

        Assert.Equal(EgressMode.Translate, plan.Mode);
        Assert.DoesNotContain("logit_bias", await plan.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(["logit_bias"], exchange.Attempt.Losses.Fields);
    }

    [Fact]
    public async Task Usage_asked_for_on_our_own_account_is_to_be_hidden()
    {
        var (asked, _) = await DecideAsync(DialectId.OpenAIChat, Some.ChatRequest("fast", stream: true));
        var (own, _) = await DecideAsync(
            DialectId.OpenAIChat, Some.ChatRequest("fast", stream: true, extra: ",\"stream_options\":{\"include_usage\":true}"));

        Assert.True(asked.HidesUsageFrame);
        Assert.Contains("include_usage", await asked.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.False(own.HidesUsageFrame);
    }

    private async Task<(EgressPlan Plan, UpstreamExchange Exchange)> DecideAsync(
        DialectId egress, string json, ProviderQuirks? quirks = null, bool strict = false, Action<CallBody>? change = null)
    {
        var ingress = BuiltInDialects.Set.Ingress(DialectId.OpenAIChat);
        var bytes = Encoding.UTF8.GetBytes(json);
        var envelope = ingress.ReadEnvelope(new IngressRequest(CallOperation.Chat), bytes);
        var request = new CallRequest(envelope, CallBody.FromWire(ingress, envelope, PooledBytes.Owned(bytes))) { Strict = strict };
        var call = new ModelCall(request, SomeCall.Of().Snapshot, holdsSnapshot: false, TimeProvider.System, CancellationToken.None);
        change?.Invoke(call.Body);
        var attempt = call.BeginAttempt(SomeCall.Deployment("up/real-model"));
        var target = new EgressTarget("up", "real-model", quirks ?? ProviderQuirks.None);
        var destination = new Destination(target, BuiltInDialects.Set.Egress(egress), new Uri("http://127.0.0.1:1/"));
        var exchange = new UpstreamExchange(
            call, attempt, default, new AttemptClock(_wheel, call, attempt), new EndpointCredential { Headers = [], Account = "one" },
            destination);
        return (await EgressPlan.DecideAsync(exchange, _preparation), exchange);
    }
}
