using System.Text;
using Switchyard.Canonical;
using Switchyard.Configuration;
using Switchyard.Dialects;
using Switchyard.Dialects.BuiltIn;
using Switchyard.Models;
using Switchyard.Money;
using Xunit;

namespace Switchyard.Tests.Money;

/// <summary>Anthropic's fast mode and inference in the United States alone, which multiply a price.</summary>
public sealed class PricedModeTests
{
    [Theory]
    [InlineData("""{"service_tier":"standard","inference_geo":"global","speed":"standard"}""", "default")]
    [InlineData("""{"service_tier":"standard","inference_geo":"us"}""", "us")]
    [InlineData("""{"inference_geo":"us","service_tier":"standard"}""", "us")]
    [InlineData("""{"speed":"fast","inference_geo":"us","service_tier":"priority"}""", "fast-us")]
    [InlineData("""{"inference_geo":"us","speed":"fast"}""", "fast-us")]
    [InlineData("""{"speed":"fast","inference_geo":null}""", "fast")]
    [InlineData("""{"inference_geo":{"us":1},"speed":["fast"]}""", null)]
    public void An_answer_names_the_mode_it_was_made_in(string usage, string? mode)
    {
        var probe = BuiltInDialects.Set.Egress(DialectId.AnthropicMessages).CreateProbe(CallOperation.Chat);

        Assert.True(probe.ObserveBody(Encoding.UTF8.GetBytes(
            $$"""{"id":"m","type":"message","role":"assistant","content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn","usage":{{usage}}}""")));

        Assert.Equal(mode, probe.ServiceTier);
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("\"inference_geo\":\"us\",\"service_tier\":\"auto\",", "us")]
    [InlineData("\"service_tier\":\"standard_only\",\"inference_geo\":\"us\",", "us")]
    [InlineData("\"inference_geo\":\"eu\",\"speed\":\"fast\",", "fast")]
    [InlineData("\"inference_geo\":null,\"speed\":\"standard\",\"service_tier\":\"standard_only\",", "standard_only")]
    public void A_request_names_the_mode_it_asks_for(string fields, string? mode)
    {
        var envelope = BuiltInDialects.Set.Ingress(DialectId.AnthropicMessages).ReadEnvelope(
            new IngressRequest(CallOperation.Chat),
            Encoding.UTF8.GetBytes($$"""{{{fields}}"model":"m","max_tokens":9,"messages":[{"role":"user","content":"a"}]}"""));

        Assert.Equal(mode, envelope.ServiceTier);
    }

    /// <summary>A million tokens of input at 5 dollars, of output at 25.</summary>
    [Theory]
    [InlineData("claude-opus-4-6", null, 30.0)]
    [InlineData("claude-opus-4-6", "us", 33.0)]
    [InlineData("claude-opus-4-6-20260205", "us", 33.0)]
    [InlineData("claude-opus-4-6", "fast", 180.0)]
    [InlineData("claude-opus-4-6", "fast-us", 198.0)]
    [InlineData("claude-opus-4-7", "us", 33.0)]
    [InlineData("claude-opus-4-7", "fast-us", 33.0)]
    [InlineData("claude-opus-4-5", "us", 30.0)]
    public void A_mode_costs_a_multiple_where_its_provider_says_so(string model, string? mode, double dollars)
    {
        var price = new ModelPrice(ModelCatalog.Default.Find("anthropic", model)!.PriceOn(new(2026, 11, 30))!);

        var cost = price.At(mode).CostOf(new TokenUsage { Input = 1_000_000, Output = 1_000_000 }, out var why);

        Assert.Equal((Unpriced.None, (long)(dollars * 1e9)), (why, cost.Total));
    }

    /// <summary>A workspace may have the United States as its default; fast mode is only what a request asks for.</summary>
    [Theory]
    [InlineData(null, 110L)]
    [InlineData("us", 110L)]
    [InlineData("fast", 600L)]
    [InlineData("fast-us", 660L)]
    [InlineData("default", 100L)]
    public void What_a_call_may_cost_has_only_the_modes_it_may_run_in(string? asked, long percent)
    {
        var price = new ModelPrice(ModelCatalog.Default.Find("anthropic", "claude-opus-4-6")!.PriceOn(new(2026, 11, 30))!);

        Assert.Equal(price.MostFor(1_000_000, 1_000_000) * percent / 100, price.MostFor(1_000_000, 1_000_000, asked));
    }

    [Theory]
    [InlineData("fast", 6.0, "fast-us", 6.0)]
    [InlineData("fast", 6.0, "us", 1.0)]
    [InlineData("us", 1.1, "fast-us", 1.1)]
    public void Two_modes_at_once_cost_what_the_one_with_a_price_does(string priced, double rate, string mode, double dollars)
    {
        var options = new PricesOptions();
        options.Models["anthropic/*"] = new()
        {
            Input = 1,
            Output = 1,
            ServiceTiers = { [priced] = new() { Input = (decimal)rate, Output = 1 } },
        };
        var price = new ModelPrice(PriceTable.Of(options, static name => name, new(2026, 11, 30)).Find("anthropic", "claude")!);

        var cost = price.At(mode).CostOf(new TokenUsage { Input = 1_000_000, Output = 0 }, out _);

        Assert.Equal((long)(dollars * 1e9), cost.Total);
    }

    [Fact]
    public void Other_hosts_of_the_models_have_no_such_modes() =>
        Assert.Empty(ModelCatalog.Default.Find("google-vertex", "claude-opus-4-6@default")!.PriceOn(new(2026, 11, 30))!.ServiceTiers);
}
