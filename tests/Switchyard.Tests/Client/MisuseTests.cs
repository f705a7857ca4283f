using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Client.Media;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

#pragma warning disable MEAI001 // Experimental in Microsoft.Extensions.AI.

namespace Switchyard.Tests.Client;

/// <summary>Misuse by an in-process caller is reported with the parameter's name, and is not a failure of the gateway.</summary>
public sealed class MisuseTests
{
    public static TheoryData<ChatOptions> Options =>
    [
        new ChatOptions { Temperature = float.NaN }, new ChatOptions { TopP = float.PositiveInfinity },
        new ChatOptions { FrequencyPenalty = float.NegativeInfinity }, new ChatOptions { PresencePenalty = float.NaN },
        new ChatOptions { Tools = [null!] }, new ChatOptions { StopSequences = ["x", null!] },
    ];

    [Theory]
    [MemberData(nameof(Options), DisableDiscoveryEnumeration = true)]
    public async Task An_option_that_is_none_is_an_argument_that_is_wrong(ChatOptions options)
    {
        await using var given = Given.AnEngine();

        var wrong = await Assert.ThrowsAsync<ArgumentException>(() => given.Chat.GetResponseAsync("Hi", options));
        Assert.Equal("options", wrong.ParamName);
        await Assert.ThrowsAsync<ArgumentException>(async () => await given.Chat.GetStreamingResponseAsync("Hi", options).ToListAsync());
    }

    /// <summary>Two providers and no alias: no model is meant.</summary>
    [Fact]
    public async Task A_request_without_a_model_names_the_option_of_its_own_kind()
    {
        await using var given = Given.AnEngine(
            options =>
            {
                options.Providers["mock"] = new();
                options.Providers["openai"] = new() { Key = "k" };
            });
        await given.Engine.StartAsync();
        using var images = new SwitchyardImageGenerator(given.Engine);
        using var speech = new SwitchyardTextToSpeechClient(given.Engine);
        using var transcripts = new SwitchyardSpeechToTextClient(given.Engine);
        using var audio = new MemoryStream([1]);

        await NamesAsync("ChatOptions", () => given.Chat.GetResponseAsync("Hi"));
        await NamesAsync("ChatOptions", async () => await given.Chat.GetStreamingResponseAsync("Hi").ToListAsync());
        await NamesAsync("EmbeddingGenerationOptions", () => given.Embeddings.GenerateAsync(["a"]));
        await NamesAsync("ImageGenerationOptions", () => images.GenerateImagesAsync("a cat"));
        await NamesAsync("TextToSpeechOptions", () => speech.GetAudioAsync("Hi"));
        await NamesAsync("SpeechToTextOptions", () => transcripts.GetTextAsync(audio));

        static async Task NamesAsync(string options, Func<Task> ask)
        {
            var failure = await Assert.ThrowsAsync<CallException>(ask);
            Assert.Equal((CallErrorKind.InvalidRequest, "model"), (failure.Error.Kind, failure.Error.Param));
            Assert.Contains($"Set {options}.ModelId", failure.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_text_to_embed_that_is_null_is_an_argument_that_is_wrong()
    {
        await using var given = Given.AnEngine();

        var wrong = await Assert.ThrowsAsync<ArgumentException>(() => given.Embeddings.GenerateAsync(["a", null!]));

        Assert.Contains("values[1]", wrong.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("number")]
    [InlineData("type")]
    [InlineData("stream")]
    [InlineData("function")]
    [InlineData("cycle")]
    public async Task A_value_that_is_no_json_is_named_by_its_type(string kind)
    {
        object value = kind switch
        {
            "number" => double.NaN,
            "type" => typeof(string),
            "stream" => new MemoryStream(),
            "function" => new Func<int>(() => 1),
            _ => Cycle(),
        };
        foreach (var dialect in new[]
        {
            "openai-chat", "openai-responses", "anthropic-messages", "gemini", "bedrock-converse", "cohere", "ollama",
        })
        {
            await using var upstream = await FakeUpstream.StartAsync();
            await using var given = Given.AnEngine(options =>
                options.Providers["up"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "sk-a", Dialect = dialect });
            foreach (var (argument, result) in new[] { (value, "r"), ((object)1, value) })
            {
                var error = (await Assert.ThrowsAsync<CallException>(() => given.Chat.GetResponseAsync(
                    [
                        new(ChatRole.User, "Hi"),
                        new(ChatRole.Assistant, [new FunctionCallContent("c1", "f", new Dictionary<string, object?> { ["x"] = argument })]),
                        new(ChatRole.Tool, [new FunctionResultContent("c1", result)]),
                    ],
                    new ChatOptions { ModelId = "up/some-model" }))).Error;

                Assert.Equal(CallErrorKind.InvalidRequest, error.Kind);
                Assert.Contains("cannot be written as JSON", error.Message, StringComparison.Ordinal);
                Assert.Empty(upstream.Requests);
            }
        }
    }

    [Fact]
    public async Task An_address_that_cannot_be_fetched_is_named_by_its_place()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = Given.AnEngine(options =>
            options.Providers["up"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Key = "sk-a", Dialect = "gemini" });

        var error = (await Assert.ThrowsAsync<CallException>(() => given.Chat.GetResponseAsync(
            [
                new(ChatRole.User, "Hi"),
                new(ChatRole.User, [new TextContent("Look"), new UriContent("http://127.0.0.1:1/x.png", "image/png")]),
            ],
            new ChatOptions { ModelId = "up/some-model" }))).Error;

        Assert.Equal((CallErrorKind.InvalidRequest, "messages[1].content[1]"), (error.Kind, error.Param));
        Assert.Empty(upstream.Requests);
    }

    private static Dictionary<string, object?> Cycle()
    {
        var cycle = new Dictionary<string, object?>();
        cycle["self"] = cycle;
        return cycle;
    }
}
