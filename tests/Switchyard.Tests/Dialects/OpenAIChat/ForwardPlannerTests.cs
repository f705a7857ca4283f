using System.Text;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Targets;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects.OpenAIChat;

public sealed class ForwardPlannerTests
{
    private static readonly EgressTarget NoStreamOptions = Codec.With(new ProviderQuirks { StreamOptions = false });

    [Fact]
    public void Only_the_model_changes() => Assert.Equal(
        """{ "messages" : [ {"role":"user","content":"hi"} ],  "model" : "upstream-model" , "x":1.0e3 }""",
        Codec.Forward("""{ "messages" : [ {"role":"user","content":"hi"} ],  "model" : "m" , "x":1.0e3 }"""));

    [Fact]
    public void A_body_that_already_says_it_is_forwarded_as_it_is()
    {
        var body = Encoding.UTF8.GetBytes("""{"model":"upstream-model","messages":[{}]}""");
        var edits = Codec.Dialect.PlanForward(Codec.Dialect.ReadEnvelope(new IngressRequest(CallOperation.Chat), body), body, Codec.Target);
        Assert.Same(ForwardEdits.None, edits);
    }

    [Fact]
    public void A_model_with_quotes_and_other_scripts_is_encoded()
    {
        var forwarded = Codec.Forward(Codec.Chat(), Codec.Target with { Model = "mödel \"7\" 🚂" });
        Assert.Equal("mödel \"7\" 🚂", JsonDiff.Parse(Encoding.UTF8.GetBytes(forwarded!)).GetProperty("model").GetString());
    }

    [Fact]
    public void A_target_changed_by_with_encodes_its_new_model()
    {
        _ = Codec.Target.ModelJson;
        var changed = Codec.Target with { Model = "other" };
        Assert.Equal("\"other\"", Encoding.UTF8.GetString(changed.ModelJson.Span));
        Assert.Equal(changed, Codec.Target with { Model = "other" });
    }

    [Theory]
    [InlineData("", """{"stream_options":{"include_usage":true},"model":"upstream-model","messages":[{}],"stream":true}""")]
    [InlineData(
        ""","stream_options":null""",
        """{"model":"upstream-model","messages":[{}],"stream":true,"stream_options":{"include_usage":true}}""")]
    [InlineData(
        ""","stream_options":{}""", """{"model":"upstream-model","messages":[{}],"stream":true,"stream_options":{"include_usage":true}}""")]
    [InlineData(
        ""","stream_options":{"include_usage":false}""",
        """{"model":"upstream-model","messages":[{}],"stream":true,"stream_options":{"include_usage":true}}""")]
    [InlineData(
        ""","stream_options":{"include_obfuscation": false,"include_usage":null,"x":[1]}""",
        """{"model":"upstream-model","messages":[{}],"stream":true,"stream_options":{"include_usage":true,"include_obfuscation": false,"x":[1]}}""")]
    public void Usage_is_asked_for_on_our_own_account_and_hidden(string streamOptions, string expected)
    {
        var body = Encoding.UTF8.GetBytes($$"""{"model":"m","messages":[{}],"stream":true{{streamOptions}}}""");
        var edits = Codec.Dialect.PlanForward(
            Codec.Dialect.ReadEnvelope(new IngressRequest(CallOperation.Chat), body), body, Codec.Target)!;
        Assert.True(edits.HidesUsageFrame);
        Assert.Equal(expected, Encoding.UTF8.GetString(Codec.Apply(body, edits)));
    }

    [Fact]
    public void Usage_the_client_asked_for_is_not_hidden()
    {
        var body = Encoding.UTF8.GetBytes(Codec.Chat("\"stream\":true,\"stream_options\":{\"include_usage\":true}"));
        var edits = Codec.Dialect.PlanForward(
            Codec.Dialect.ReadEnvelope(new IngressRequest(CallOperation.Chat), body), body, Codec.Target)!;
        Assert.False(edits.HidesUsageFrame);
        Assert.Single(edits.Edits);
    }

    [Theory]
    [InlineData(CallOperation.Chat, "messages", false)]
    [InlineData(CallOperation.Embedding, "input", true)]
    public void Usage_is_asked_for_only_where_a_stream_carries_it(CallOperation operation, string field, bool stream)
    {
        var body = Encoding.UTF8.GetBytes($$"""{"model":"m","{{field}}":["x"],"stream":{{(stream ? "true" : "false")}}}""");
        var edits = Codec.Dialect.PlanForward(Codec.Dialect.ReadEnvelope(new IngressRequest(operation), body), body, Codec.Target)!;
        Assert.False(edits.HidesUsageFrame);
        Assert.Single(edits.Edits);
    }

    [Theory]
    [InlineData(
        """{"stream_options":{"include_usage":true},"model":"m","messages":[{}],"stream":true}""",
        """{"model":"upstream-model","messages":[{}],"stream":true}""")]
    [InlineData(
        """{"model":"m","messages":[{}],"stream":true , "stream_options" : {"include_usage":true} }""",
        """{"model":"upstream-model","messages":[{}],"stream":true  }""")]
    [InlineData(
        """{"model":"m","stream_options":null  ,"messages":[{}],"stream":true}""",
        """{"model":"upstream-model","messages":[{}],"stream":true}""")]
    public void Stream_options_are_taken_out_for_a_provider_that_refuses_them(string body, string expected) =>
        Assert.Equal(expected, Codec.Forward(body, NoStreamOptions));

    [Fact]
    public void Stream_options_that_say_more_than_usage_are_dropped_by_translation_which_reports_it()
    {
        var body = Codec.Chat("\"stream\":true,\"stream_options\":{\"include_obfuscation\":false}");
        Assert.Null(Codec.Forward(body, NoStreamOptions));
        var translated = Codec.Translate(body, out var losses, NoStreamOptions);
        Assert.False(translated.TryGetProperty("stream_options", out _));
        Assert.Equal(["stream_options"], losses.Fields);
    }

    [Fact]
    public void A_refused_field_makes_the_request_translated_where_its_loss_is_reported()
    {
        var target = Codec.With(new ProviderQuirks { UnsupportedParams = ["logit_bias", "seed"] });
        Assert.NotNull(Codec.Forward(Codec.Chat("\"temperature\":1"), target));
        Assert.Null(Codec.Forward(Codec.Chat("\"logit_bias\":{\"5\":1}"), target));
        var translated = Codec.Translate(Codec.Chat("\"logit_bias\":{\"5\":1},\"seed\":4"), out var losses, target);
        Assert.False(translated.TryGetProperty("logit_bias", out _));
        Assert.Equal(["seed", "logit_bias"], losses.Fields);
    }

    [Fact]
    public void A_refused_field_that_only_says_the_default_is_no_loss()
    {
        var target = Codec.With(new ProviderQuirks { UnsupportedParams = ["n", "presence_penalty", "logprobs"] });
        var translated = Codec.Translate(Codec.Chat("\"n\":1,\"presence_penalty\":0,\"logprobs\":false"), target);
        Assert.Empty(translated.EnumerateObject().Select(member => member.Name).Except(["model", "messages"]));
    }

    [Covers("X16")]
    [Theory]
    [InlineData("\"n\":1", "")]
    [InlineData("\"n\" : 1 , \"temperature\":0.5", " \"temperature\":0.5")]
    [InlineData("\"temperature\":0.5,\"n\":1,\"logprobs\":false,\"presence_penalty\":0.0", "\"temperature\":0.5")]
    [InlineData("\"n\":1,\"store\":false, \"seed\":4,\"logprobs\":null", " \"seed\":4")]
    [InlineData("\"n\":null,\"x_unknown\":[1.50],\"logit_bias\":{}", "\"x_unknown\":[1.50]")]
    public void A_refused_field_at_its_default_is_cut_out_and_the_rest_forwarded(string fields, string left)
    {
        var target = Codec.With(new ProviderQuirks { UnsupportedParams = ["n", "presence_penalty", "logprobs", "store", "logit_bias"] });
        Assert.Equal(
            """{"model":"upstream-model","messages":[{"role":"user","content":"hi"}]""" + (left.Length > 0 ? "," + left : "") + "}",
            Codec.Forward(Codec.Chat(fields), target));
        Assert.Null(Codec.Forward(Codec.Chat(fields + ",\"n\":2"), target));
    }

    [Fact]
    public void A_field_known_by_another_name_is_renamed_in_place()
    {
        var target = Codec.With(new ProviderQuirks { RenamedParams = new Dictionary<string, string> { ["seed"] = "random_seed" } });
        Assert.Equal(
            """{"model":"upstream-model","messages":[{"role":"user","content":"hi"}],"random_seed" : 4}""",
            Codec.Forward(Codec.Chat("\"seed\" : 4"), target));
        Assert.Equal(4, Codec.Translate(Codec.Chat("\"seed\":4"), target).GetProperty("random_seed").GetInt32());
    }

    [Theory]
    [InlineData("max_completion_tokens", "max_tokens")]
    [InlineData("max_tokens", "max_completion_tokens")]
    public void The_token_bound_is_renamed_only_where_the_name_sent_is_known_to_be_refused(string field, string sent)
    {
        var body = Codec.Chat($"\"{sent}\":9");
        var lenient = Codec.With(new ProviderQuirks { MaxTokensField = field });
        Assert.Contains($"\"{sent}\":9", Codec.Forward(body, lenient), StringComparison.Ordinal);
        var strict = Codec.With(new ProviderQuirks { MaxTokensField = field, UnsupportedParams = [sent] });
        Assert.Contains($"\"{field}\":9", Codec.Forward(body, strict), StringComparison.Ordinal);
        Assert.Equal(9, Codec.Translate(body, lenient).GetProperty(field).GetInt32());
    }

    [Theory]
    [InlineData(true, CallOperation.Chat, "max_completion_tokens")]
    [InlineData(false, CallOperation.Chat, "max_tokens")]
    [InlineData(null, CallOperation.Chat, "max_tokens")]
    [InlineData(true, CallOperation.Completion, "max_tokens")]
    public void The_old_token_bound_is_renamed_for_a_model_that_reasons_because_it_takes_the_new_one_alone(
        bool? reasons, CallOperation operation, string written)
    {
        var target = Codec.With(new ProviderQuirks { MaxTokensField = "max_completion_tokens" }) with
        {
            Facts = new ModelFacts { Reasoning = reasons },
        };
        const string body = """{"model":"m","messages":[{"role":"user","content":"hi"}],"prompt":"hi","max_tokens":9}""";

        Assert.Equal(
            $$"""{"model":"upstream-model","messages":[{"role":"user","content":"hi"}],"prompt":"hi","{{written}}":9}""",
            Codec.Forward(body, target, operation));
    }

    /// <summary>Of one name twice servers take the last: a null there would leave the answer without a bound.</summary>
    [Theory]
    [InlineData("\"max_completion_tokens\":9,\"max_tokens\":null")]
    [InlineData("\"max_tokens\":null,\"max_completion_tokens\":9")]
    public void The_old_token_bound_beside_the_new_one_is_not_renamed(string bounds)
    {
        var target = Codec.With(new ProviderQuirks { MaxTokensField = "max_completion_tokens" }) with
        {
            Facts = new ModelFacts { Reasoning = true },
        };

        Assert.Contains(bounds, Codec.Forward(Codec.Chat(bounds), target), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("max_tokens", "max_completion_tokens", "9", "null", true)]
    [InlineData("max_tokens", "max_completion_tokens", "null", "9", false)]
    [InlineData("max_tokens", "max_completion_tokens", "9", "9", false)]
    [InlineData("max_completion_tokens", "max_tokens", "9", "null", true)]
    [InlineData("max_completion_tokens", "max_tokens", "null", "9", false)]
    public void The_token_bound_that_is_refused_never_becomes_a_second_one(
        string field, string refused, string value, string ofRefused, bool isForwarded)
    {
        var target = Codec.With(new ProviderQuirks { MaxTokensField = field, UnsupportedParams = [refused] });
        var (ours, theirs) = ($"\"{field}\":{value}", $"\"{refused}\":{ofRefused}");
        foreach (var bounds in (string[])[$"{ours},{theirs}", $"{theirs},{ours}"])
        {
            var forwarded = Codec.Forward(Codec.Chat(bounds), target);

            Assert.Equal(isForwarded, forwarded is not null);
            if (forwarded is not null)
                Assert.Equal(Codec.Forward(Codec.Chat($"\"{field}\":{value}"), target), forwarded);
            var translated = Codec.Translate(Codec.Chat(bounds), target).EnumerateObject()
                .Where(member => member.Name.StartsWith("max_", StringComparison.Ordinal));
            Assert.Equal([(field, 9)], translated.Select(member => (member.Name, member.Value.GetInt32())));
        }
    }

    [Theory]
    [InlineData("\"seed\":4,\"random_seed\":5", 5, true)]
    [InlineData("\"random_seed\":5,\"seed\":4", 5, true)]
    [InlineData("\"random_seed\":null,\"seed\":4", 4, false)]
    [InlineData("\"random_seed\":5,\"seed\":null", 5, false)]
    public void A_field_is_not_renamed_to_one_that_is_there_already(string fields, int seed, bool isLost)
    {
        var target = Codec.With(new ProviderQuirks { RenamedParams = new Dictionary<string, string> { ["seed"] = "random_seed" } });

        var forwarded = Codec.Forward(Codec.Chat(fields), target);
        var translated = Codec.Translate(Codec.Chat(fields), out var losses, target);

        Assert.True(forwarded is null || forwarded.Split("random_seed").Length == 2, forwarded);
        var written = Assert.Single(translated.EnumerateObject(), member => member.Name.EndsWith("seed", StringComparison.Ordinal));
        Assert.Equal(("random_seed", seed), (written.Name, written.Value.GetInt32()));
        Assert.Equal((string[])(isLost ? ["seed"] : []), losses.Fields);
    }

    [Fact]
    public void A_moderation_without_a_model_is_given_the_targets() => Assert.Equal(
        """{"model":"upstream-model","input":"x"}""", Codec.Forward("""{"input":"x"}""", operation: CallOperation.Moderation));
}
