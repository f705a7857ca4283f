using System.Drawing;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Client.Media;
using Switchyard.Engine;
using Switchyard.Pipeline;
using Switchyard.TestKit;
using Xunit;

#pragma warning disable MEAI001 // Experimental in Microsoft.Extensions.AI.

namespace Switchyard.Tests.Client;

public sealed class ImageGeneratorTests
{
    private const string OneImage =
        """{"created":1790000000,"data":[{"b64_json":"iVBORw==","revised_prompt":"a black cat"}],"usage":{"input_tokens":5,"output_tokens":7,"total_tokens":12}}""";

    [Fact]
    public async Task A_description_becomes_images_with_usage_and_facts()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = Given.AnEngine(options => options.Providers["up"] = new() { BaseUrl = upstream.BaseUrl, Key = "k" });
        upstream.ThenJson(OneImage);
        using var generator = new SwitchyardImageGenerator(given.Engine, "up/painter");

        var answer = await generator.GenerateImagesAsync("a cat", new ImageGenerationOptions
        {
            Count = 2,
            ImageSize = new Size(1024, 512),
            MediaType = "image/webp",
            ResponseFormat = ImageGenerationResponseFormat.Data,
            AdditionalProperties = new() { ["quality"] = "high", [AnswerFacts.Tag] = "mine" },
            RawRepresentationFactory = _ => new JsonObject { ["background"] = "opaque", ["n"] = 9 },
        });

        var image = Assert.IsType<DataContent>(Assert.Single(answer.Contents));
        Assert.Equal("image/png", image.MediaType);
        Assert.Equal("a black cat", image.AdditionalProperties!["revised_prompt"]);
        Assert.Equal("up", image.AdditionalProperties[AnswerFacts.Provider]);
        Assert.DoesNotContain(AnswerFacts.Dropped, image.AdditionalProperties.Keys);
        Assert.Equal((5, 7), (answer.Usage!.InputTokenCount, answer.Usage.OutputTokenCount));
        Assert.Equal("/v1/images/generations", upstream.LastRequest.Path);
        Assert.Equal(
            """{"model":"painter","prompt":"a cat","n":2,"size":"1024x512","output_format":"webp","response_format":"b64_json","quality":"high","background":"opaque"}""",
            upstream.LastRequest.Text);
        var ended = Assert.Single(given.Ended);
        Assert.Equal((CallOutcome.Finished, 7), (ended.Outcome, ended.Usage.Output));
    }

    /// <summary>Models that always answer with bytes refuse the field; others of the provider answer with addresses without it.</summary>
    [Theory]
    [InlineData("gpt-image-1", ImageGenerationResponseFormat.Data, null, false)]
    [InlineData("gpt-image-2", ImageGenerationResponseFormat.Uri, null, true)]
    [InlineData("gpt-image-1-mini", null, null, false)]
    [InlineData("dall-e-3", ImageGenerationResponseFormat.Data, "b64_json", false)]
    [InlineData("painter", ImageGenerationResponseFormat.Uri, "url", false)]
    public async Task The_form_of_the_images_is_asked_for_where_a_model_takes_that(
        string model, ImageGenerationResponseFormat? form, string? sent, bool isLost)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = Given.AnEngine(options => options.Providers["openai"] = new() { BaseUrl = upstream.BaseUrl, Key = "k" });
        upstream.ThenJson(OneImage);
        using var generator = new SwitchyardImageGenerator(given.Engine, $"openai/{model}");

        var answer = await generator.GenerateImagesAsync("a cat", new ImageGenerationOptions { ResponseFormat = form });

        var body = JsonNode.Parse(upstream.LastRequest.Text)!;
        Assert.Equal(sent, body["response_format"]?.ToString());
        Assert.Equal(isLost, answer.Contents[0].AdditionalProperties!.ContainsKey(AnswerFacts.Dropped));
    }

    [Fact]
    public async Task Images_are_changed_in_a_form_that_another_target_gets_too()
    {
        await using var broken = await FakeUpstream.StartAsync();
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = Given.AnEngine(options =>
        {
            options.Providers["broken"] = new() { BaseUrl = broken.BaseUrl, Key = "k" };
            options.Providers["up"] = new() { BaseUrl = upstream.BaseUrl, Key = "k" };
            options.Models["edit"] = new()
            {
                Targets = [new() { Model = "broken/a" }], Fallback = [new() { Model = "up/painter" }],
            };
        });
        broken.ThenJson("""{"error":{"message":"out"}}""", 503);
        upstream.ThenJson("""{"data":[{"url":"https://images.example/1.png"}]}""");
        using var generator = new SwitchyardImageGenerator(given.Engine, "edit");

        var answer = await generator.GenerateAsync(
            new ImageGenerationRequest("a hat on it", [Image("one"), Image("two")]),
            new ImageGenerationOptions { Count = 1, AdditionalProperties = new() { ["mask"] = Image("hole") } });

        Assert.Equal("https://images.example/1.png", Assert.IsType<UriContent>(Assert.Single(answer.Contents)).Uri.ToString());
        Assert.Equal("/v1/images/edits", upstream.LastRequest.Path);
        var form = upstream.LastRequest.Text;
        Assert.Contains("name=\"model\"\r\n\r\npainter\r\n", form, StringComparison.Ordinal);
        Assert.Contains("name=\"prompt\"\r\n\r\na hat on it\r\n", form, StringComparison.Ordinal);
        Assert.Contains("name=\"n\"\r\n\r\n1\r\n", form, StringComparison.Ordinal);
        const string file = "; filename=\"image.png\"\r\nContent-Type: image/png\r\n\r\n";
        Assert.Contains($"name=\"image[]\"{file}one\r\n", form, StringComparison.Ordinal);
        Assert.Contains($"name=\"image[]\"{file}two\r\n", form, StringComparison.Ordinal);
        Assert.Contains($"name=\"mask\"{file}hole\r\n", form, StringComparison.Ordinal);
        Assert.Equal($"{form.Length}", upstream.LastRequest.Headers["Content-Length"]);
        Assert.Contains("name=\"model\"\r\n\r\na\r\n", broken.LastRequest.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_number_of_images_and_the_end_user_count_however_they_were_set()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        var seen = new List<(int Choices, string? User)>();
        await using var given = Given.AnEngine(
            options => options.Providers["up"] = new() { BaseUrl = upstream.BaseUrl, Key = "k" },
            build =>
            {
                build.Services.AddSingleton(seen);
                build.UseCall<NoteForm>();
            });
        upstream.ThenJson(OneImage);
        using var generator = new SwitchyardImageGenerator(given.Engine, "up/painter");

        await generator.GenerateAsync(
            new ImageGenerationRequest("a hat on it", [Image("one")]),
            new ImageGenerationOptions { AdditionalProperties = new() { ["n"] = 4, ["user"] = "ada" } });

        Assert.Equal([(4, "ada")], seen);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_option_without_a_field_is_named_or_refused_in_strict_mode(bool strict)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = Given.AnEngine(options => options.Providers["up"] = new() { BaseUrl = upstream.BaseUrl, Key = "k" });
        upstream.ThenJson(OneImage);
        using var generator = new SwitchyardImageGenerator(given.Engine, "up/painter");
        var options = new ImageGenerationOptions
        {
            StreamingCount = 2,
            ResponseFormat = ImageGenerationResponseFormat.Hosted,
            AdditionalProperties = new()
            {
                ["stream"] = true,
                ["who"] = (Action)(() => { }),
                // There is no original image that it could be the mask of.
                ["mask"] = Image("hole"),
                [AnswerFacts.Strict] = strict,
            },
        };

        if (strict)
        {
            var refused = await Assert.ThrowsAsync<CallException>(() => generator.GenerateImagesAsync("a cat", options));
            Assert.Equal(CallErrorKind.InvalidRequest, refused.Error.Kind);
            Assert.Contains("StreamingCount", refused.Message, StringComparison.Ordinal);
            Assert.Empty(upstream.Requests);
            return;
        }

        var answer = await generator.GenerateImagesAsync("a cat", options);
        var dropped = Assert.IsType<string[]>(answer.Contents[0].AdditionalProperties![AnswerFacts.Dropped]);
        Assert.Equal(["ResponseFormat", "StreamingCount", "mask", "stream", "who"], dropped.Order(StringComparer.Ordinal));
        Assert.Equal("""{"model":"painter","prompt":"a cat"}""", upstream.LastRequest.Text);
    }

    [Theory]
    [InlineData("""{"created":1,"data":[]}""", "no image")]
    [InlineData("""{"created":1,"data":[{"b64_json":"%%%"}]}""", "malformed image")]
    [InlineData("""{"created":1,"data":[{"url":"::"}]}""", "malformed image")]
    [InlineData("""{"created":1,"data":[{"url":"data:"}]}""", "malformed image")]
    public async Task An_answer_without_an_image_is_the_providers_failure(string body, string says)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = Given.AnEngine(options => options.Providers["up"] = new() { BaseUrl = upstream.BaseUrl, Key = "k" });
        upstream.ThenJson(body);
        using var generator = new SwitchyardImageGenerator(given.Engine, "up/painter");

        var failure = await Assert.ThrowsAsync<CallException>(() => generator.GenerateImagesAsync("a cat"));

        Assert.Equal((CallErrorKind.UpstreamUnavailable, "up"), (failure.Error.Kind, failure.Error.Provider));
        Assert.Contains(says, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_sent_is_an_argument_that_is_wrong()
    {
        await using var given = Given.AnEngine();
        using var generator = new SwitchyardImageGenerator(given.Engine, "mock");

        await Assert.ThrowsAnyAsync<ArgumentException>(() => generator.GenerateAsync(new ImageGenerationRequest()));
        var wrong = await Assert.ThrowsAsync<ArgumentException>(() => generator.GenerateAsync(
            new ImageGenerationRequest("a hat", [new UriContent("https://images.example/1.png", "image/png")])));
        Assert.Contains("OriginalImages[0] is a UriContent", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_provider_that_makes_no_images_is_named_with_the_way_out()
    {
        await using var given = Given.AnEngine();
        using var generator = given.Engine.GetImageGenerator("mock");

        var failure = await Assert.ThrowsAsync<CallException>(() => generator.GenerateImagesAsync("a cat"));

        Assert.Equal("unsupported_operation", failure.Error.WireCode);
        Assert.Contains("image generation", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_face_is_registered_also_by_key_and_can_be_asked_what_it_is()
    {
        var services = new ServiceCollection();
        services.AddSwitchyard(options => options.AutoEnable = false);
        await using var provider = services.BuildServiceProvider(
            new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
        var engine = provider.GetRequiredService<SwitchyardEngine>();

        Assert.Same(engine, provider.GetRequiredService<IImageGenerator>().GetService<SwitchyardEngine>());
        Assert.Same(engine, provider.GetRequiredService<ISpeechToTextClient>().GetService<SwitchyardEngine>());
        Assert.Same(engine, provider.GetRequiredService<ITextToSpeechClient>().GetService<SwitchyardEngine>());
        Assert.Equal(
            "openai/gpt-image-1",
            provider.GetRequiredKeyedService<IImageGenerator>("openai/gpt-image-1").GetService<ImageGeneratorMetadata>()!.DefaultModelId);
        Assert.Equal(
            "groq", provider.GetRequiredKeyedService<ISpeechToTextClient>("groq").GetService<SpeechToTextClientMetadata>()!.DefaultModelId);
        var voice = provider.GetRequiredKeyedService<ITextToSpeechClient>("voice");
        Assert.Equal("voice", voice.GetService<TextToSpeechClientMetadata>()!.DefaultModelId);
        Assert.Equal("up/m", engine.GetSpeechToTextClient("up", "m").GetService<SpeechToTextClientMetadata>()!.DefaultModelId);
        Assert.Equal("up/m", engine.GetTextToSpeechClient("up", "m").GetService<TextToSpeechClientMetadata>()!.DefaultModelId);
    }

    /// <summary>The number of requested images, and the end user, of each form.</summary>
    private sealed class NoteForm(List<(int Choices, string? User)> seen) : ICallMiddleware
    {
        public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next)
        {
            seen.Add((call.Body.Streamed!.Choices, call.Envelope.EndUser));
            return next(call);
        }
    }

    private static DataContent Image(string content) => new(System.Text.Encoding.UTF8.GetBytes(content), "image/png");
}
