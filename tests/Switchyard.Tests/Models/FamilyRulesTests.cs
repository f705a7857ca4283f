using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Egress.Fitting;
using Switchyard.Models;
using Switchyard.Targets;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Models;

/// <summary>Facts that the model lists do not contain, and rules for models that are not in them yet.</summary>
public sealed class FamilyRulesTests
{
    [Covers("X12")]
    [Theory]
    [InlineData("anthropic", "claude-opus-4-9")]
    [InlineData("anthropic", "claude-sonnet-6")]
    [InlineData("anthropic", "claude-mythos-preview")]
    [InlineData("anthropic", "claude-opus-5")]
    [InlineData("bedrock", "eu.anthropic.claude-opus-7-20290101-v1:0")]
    [InlineData("vertex-anthropic", "claude-haiku-9@20290101")]
    public void A_newer_Claude_falls_under_the_newest_rule_of_its_family(string provider, string model)
    {
        var found = ModelCatalog.Default.Find(provider, model)!;
        Assert.Equal(["low", "medium", "high", "xhigh", "max"], found.Facts.ReasoningEfforts);
        Assert.False(found.Facts.TakesReasoningBudget);
        Assert.All(new[] { "temperature", "top_p", "top_k" }, field => Assert.False(found.Facts.Takes(field, null)));
        Assert.True(found.Facts.Takes("stop", null));
        Assert.NotEmpty(found.Rules);
    }

    /// <summary>The lists have the rate for short names only; coding agents send dated names, and cache for an hour.</summary>
    [Theory]
    [InlineData("anthropic", "claude-haiku-4-5", 2.0)]
    [InlineData("anthropic", "claude-haiku-4-5-20251001", 2.0)]
    [InlineData("anthropic", "claude-sonnet-4-5-20250929", 6.0)]
    [InlineData("anthropic", "claude-sonnet-5", 6.0)]
    [InlineData("bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", 6.0)]
    [InlineData("openrouter", "anthropic/claude-opus-4.8", 10.0)]
    [InlineData("google-vertex", "claude-opus-4-6@default", 10.0)]
    [InlineData("openai", "gpt-5.4", null)]
    public void Claude_is_written_to_the_cache_for_an_hour_at_twice_the_price_of_input(string provider, string model, double? rate) =>
        Assert.Equal(
            (decimal?)rate, ModelCatalog.Default.Find(provider, model)!.PriceOn(new(2026, 11, 30))!.Rates.CacheWriteHour);

    [Fact]
    public void So_it_is_in_a_long_prompt_at_the_price_of_its_length()
    {
        var price = ModelCatalog.Default.Find("google-vertex", "claude-opus-4-6@default")!.PriceOn(new(2026, 11, 30))!;

        Assert.Equal((10m, 20m), (price.RatesFor(200_000).CacheWriteHour, price.RatesFor(200_001).CacheWriteHour));
    }

    [Covers("X12")]
    [Theory]
    [InlineData("openai", "gpt-5.9")]
    [InlineData("openai", "gpt-6-mini")]
    [InlineData("openai", "gpt-5.6-sol")]
    public void A_newer_GPT_falls_under_the_newest_rule_of_its_family(string provider, string model)
    {
        var facts = ModelCatalog.Default.FactsOf(provider, model);
        Assert.True(facts.Reasoning);
        Assert.Equal("medium", facts.DefaultEffort);
        Assert.Equal(new ModelFormat(DialectId.OpenAIResponses, ModelFormatCondition.Tools), facts.Format);
        Assert.False(facts.Takes("temperature", "none"));
    }

    [Covers("X9")]
    [Theory]
    [InlineData("o3", "stop", null, false)]
    [InlineData("o1", "stop", null, true)]
    [InlineData("o3", "top_p", null, false)]
    [InlineData("gpt-5", "stop", null, false)]
    [InlineData("gpt-5-mini", "temperature", null, false)]
    [InlineData("gpt-5.2", "temperature", null, true)]
    [InlineData("gpt-5.2", "temperature", "none", true)]
    [InlineData("gpt-5.2", "temperature", "high", false)]
    [InlineData("gpt-5.2-pro", "top_p", null, false)]
    [InlineData("gpt-5-chat-latest", "temperature", null, true)]
    [InlineData("gpt-4o", "temperature", null, true)]
    [InlineData("gpt-oss-20b", "stop", null, true)]
    public void Fields_are_refused_by_the_models_that_refuse_them(string model, string field, string? effort, bool takes) =>
        Assert.Equal(takes, ModelCatalog.Default.FactsOf("openai", model).Takes(field, effort));

    [Theory]
    [InlineData("bedrock", "meta.llama3-3-70b-instruct-v1:0", false)]
    [InlineData("bedrock", "us.meta.llama4-maverick-17b-instruct-v1:0", false)]
    [InlineData("bedrock", "eu.anthropic.claude-sonnet-4-5-20250929-v1:0", true)]
    [InlineData("groq", "llama-3.3-70b-versatile", true)]
    public void A_demand_for_a_call_is_left_out_and_named_where_the_model_refuses_it(string provider, string model, bool takes)
    {
        var tool = AIFunctionFactory.Create(() => 1, "look");
        string[] named = takes ? [] : ["tool_choice"];
        foreach (var mode in new[] { ChatToolMode.RequireAny, ChatToolMode.RequireSpecific("look") })
        {
            var losses = new LossReport();
            var options = new ChatOptions { Tools = [tool], ToolMode = mode };
            var fitted = FieldFitting.Fit(
                new CanonicalChatRequest([new ChatMessage(ChatRole.User, "x")], options), ModelCatalog.Default.FactsOf(provider, model),
                losses);

            Assert.Equal(takes ? mode : null, fitted.Options.ToolMode);
            Assert.Same(tool, Assert.Single(fitted.Options.Tools!));
            Assert.Equal(named, losses.Fields);
        }
    }

    [Theory]
    [InlineData("gpt-4o-transcribe", ModelKind.Transcription, 2_000)]
    [InlineData("gpt-4o-mini-transcribe-2025-12-15", ModelKind.Transcription, 2_000)]
    [InlineData("gpt-4o-transcribe-diarize", ModelKind.Transcription, 2_000)]
    [InlineData("gpt-image-1", ModelKind.Image, 8_192)]
    [InlineData("gpt-image-1.5", ModelKind.Image, 8_192)]
    [InlineData("chatgpt-image-latest", ModelKind.Image, 8_192)]
    [InlineData("gpt-image-2", ModelKind.Image, null)]
    [InlineData("gpt-4o", ModelKind.Chat, 16_384)]
    public void What_images_and_transcripts_are_and_their_longest_answer_are_known(string model, ModelKind kind, int? most)
    {
        var found = ModelCatalog.Default.Find("openai", model)!;

        Assert.Equal((kind, most), (found.Kind, found.Facts.MaxOutputTokens));
    }

    [Covers("X12")]
    [Fact]
    public void A_list_that_is_wrong_is_corrected() =>
        Assert.False(ModelCatalog.Default.FactsOf("openai", "gpt-5-chat-latest").Reasoning);

    [Covers("X11")]
    [Theory]
    [InlineData("deepseek", "deepseek-v4-pro", false)]
    [InlineData("deepseek", "deepseek-v9", false)]
    [InlineData("anthropic", "claude-3-5-sonnet-20241022", false)]
    [InlineData("anthropic", "claude-opus-4-1", false)]
    [InlineData("anthropic", "claude-sonnet-4-5", null)]
    public void Whether_a_model_takes_a_schema_is_a_fact(string provider, string model, bool? takes) =>
        Assert.Equal(takes, ModelCatalog.Default.FactsOf(provider, model).JsonSchema);

    [Fact]
    public void A_rule_leaves_what_a_list_knows()
    {
        var listed = ModelCatalog.Default.FindListed("openai", "gpt-5.1-codex-mini")!;
        var found = ModelCatalog.Default.Find("openai", "gpt-5.1-codex-mini")!;
        Assert.Equal(listed.Facts.ReasoningEfforts, found.Facts.ReasoningEfforts);
        Assert.Equal(listed.Facts.ContextWindow, found.Facts.ContextWindow);
        Assert.Equal(new ModelFormat(DialectId.OpenAIResponses, ModelFormatCondition.Always), found.Facts.Format);
    }

    [Fact]
    public void Every_rule_has_a_source_names_models_and_says_something()
    {
        Assert.All(FamilyRules.Default.All, rule =>
        {
            Assert.NotEmpty(rule.Source);
            Assert.NotEmpty(rule.Models);
            Assert.NotEqual(ModelFacts.Unknown, rule.Complete(ModelFacts.Unknown));
            Assert.All(
                rule.Facts.RefusedFields.Concat(rule.Facts.RefusedWhileReasoning), field => Assert.Contains(field, FieldFitting.Fields));
        });
    }

    [Theory]
    [InlineData("claude-opus-4-7", 4, 7)]
    [InlineData("claude-3-5-sonnet", 3, 5)]
    [InlineData("gpt-5-mini", 5, 0)]
    [InlineData("claude-4-opus", 4, 0)]
    public void Versions_are_read_from_names(string name, int major, int minor) =>
        Assert.Equal(new FamilyVersion(major, minor), FamilyVersion.Of(name));

    [Theory]
    [InlineData("gpt-4o")]
    [InlineData("gpt-oss-120b")]
    [InlineData("claude-v1")]
    public void A_name_may_have_no_version(string name) => Assert.Null(FamilyVersion.Of(name));
}
