using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Dialects.Json;
using Switchyard.Engine;
using Switchyard.Models;

namespace Switchyard.Client.Media;

/// <summary>
/// The engine as an image generator, with the same pipeline as the gateway. Requests are forwarded to providers of OpenAI's format that
/// make images. Thread-safe.
/// </summary>
/// <remarks>
/// The facts of an answer (<see cref="AnswerFacts"/>) are in the <c>AdditionalProperties</c> of its first image, because the answer itself
/// has none.
/// </remarks>
/// <param name="engine">The engine; not disposed with the generator.</param>
/// <param name="defaultModel">The model of a request without a model; null takes the engine's default.</param>
[Experimental("MEAI001")]
public sealed class SwitchyardImageGenerator(SwitchyardEngine engine, string? defaultModel = null) : IImageGenerator
{
    private readonly MediaCalls _calls = new(engine, new ModelChoice(engine, null, defaultModel, nameof(ImageGenerationOptions)));

    /// <summary>A generator of one provider.</summary>
    internal SwitchyardImageGenerator(SwitchyardEngine engine, string provider, string defaultModel)
        : this(engine, defaultModel) => _calls = new(engine, new(engine, provider, defaultModel, nameof(ImageGenerationOptions)));

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">There is no prompt, or an original image is not a <see cref="DataContent"/>.</exception>
    /// <exception cref="CallException">The call failed; the reason is in <see cref="CallException.Error"/>.</exception>
    public async Task<ImageGenerationResponse> GenerateAsync(
        ImageGenerationRequest request, ImageGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentException.ThrowIfNullOrWhiteSpace(request.Prompt);
        List<FormFile> files = [.. FilesOf(request.OriginalImages?.ToArray() ?? [], options?.AdditionalProperties)];
        await engine.StartAsync(cancellationToken).ConfigureAwait(false);
        var own = options?.Clone() ?? new ImageGenerationOptions();
        var metadata = new CallMetadata(own.AdditionalProperties);
        var operation = files.Count > 0 ? CallOperation.ImageEdit : CallOperation.ImageGeneration;
        var model = _calls.Models.Of(own.ModelId);
        var answersBytes = own.ResponseFormat is not null
            && await AnswersBytesAsync(model, operation, cancellationToken).ConfigureAwait(false);
        var fields = FieldsOf(new MediaFields(model), request, own, options, answersBytes, isForm: files.Count > 0);
        var response = files.Count > 0
            ? await _calls.RunAsync(operation, new FormBody(fields.Texts, files), fields, metadata, cancellationToken).ConfigureAwait(false)
            : await _calls.RunAsync(operation, fields, metadata, cancellationToken).ConfigureAwait(false);
        await using var disposal = response.ConfigureAwait(false);
        var body = await MediaCalls.ReadAsync(response, cancellationToken).ConfigureAwait(false);
        return Read(response, body, fields, operation);
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) =>
        _calls.Models.FindService(
            this, serviceType, serviceKey, static model => new ImageGeneratorMetadata(ModelChoice.ClientName, null, model));

    /// <summary>Does nothing: the engine is disposed by its container.</summary>
    public void Dispose()
    {
    }

    /// <summary>
    /// Whether all models that the call may reach answer with bytes unasked, and refuse to be asked. A name without a route fails later.
    /// </summary>
    private async ValueTask<bool> AnswersBytesAsync(string model, CallOperation operation, CancellationToken cancellationToken)
    {
        var found = await engine.Snapshot.Routes.ResolveAsync(model, operation, cancellationToken).ConfigureAwait(false);
        return found.Route is { } route && route.Groups.All(static group => group.Deployments.All(static target =>
            ModelCatalog.Default.FactsOf(target.Provider, target.Model).AnswersImagesAsBytes));
    }

    private MediaFields FieldsOf(
        MediaFields fields, ImageGenerationRequest request, ImageGenerationOptions own, ImageGenerationOptions? options,
        bool answersBytes, bool isForm)
    {
        fields.Add("prompt", request.Prompt);
        fields.Add("n", own.Count);
        fields.Add("size", own.ImageSize is { } size ? string.Create(CultureInfo.InvariantCulture, $"{size.Width}x{size.Height}") : null);
        fields.Add("output_format", own.MediaType is { } type ? MediaKinds.SubtypeOf(type) : null);
        fields.Add("response_format", own.ResponseFormat switch
        {
            _ when answersBytes => null,
            ImageGenerationResponseFormat.Uri => "url",
            ImageGenerationResponseFormat.Data => "b64_json",
            _ => null,
        });
        fields.Lose(
            nameof(own.ResponseFormat),
            own.ResponseFormat is ImageGenerationResponseFormat.Hosted
                || (own.ResponseFormat is ImageGenerationResponseFormat.Uri && answersBytes));
        // A copy of the options does not have it.
        fields.Lose(nameof(own.StreamingCount), options?.StreamingCount is not null);
        foreach (var name in FileNamesIn(own.AdditionalProperties))
        {
            own.AdditionalProperties!.Remove(name);
            // Only a form has files.
            fields.Lose(name, !isForm);
        }

        fields.AddFurther(
            own.AdditionalProperties, own.RawRepresentationFactory,
            options?.RawRepresentationFactory is { } factory ? () => factory(this) : null);
        return fields;
    }

    /// <summary>The images to change, and further files among the properties: a <c>mask</c>.</summary>
    private static IEnumerable<FormFile> FilesOf(AIContent[] images, AdditionalPropertiesDictionary? properties)
    {
        for (var i = 0; i < images.Length; i++)
        {
            yield return images[i] is DataContent image
                ? FileOf(images.Length == 1 ? "image" : "image[]", image)
                : throw new ArgumentException(
                    $"OriginalImages[{i}] is a {images[i]?.GetType().Name ?? "null"}. Give its bytes, as a DataContent.", nameof(images));
        }

        foreach (var (name, value) in properties ?? [])
        {
            if (images.Length > 0 && value is DataContent file)
                yield return FileOf(name, file);
        }
    }

    private static FormFile FileOf(string field, DataContent data)
    {
        var type = MediaKinds.OfContent(data.MediaType, data.Data.Span);
        return new FormFile(field, data.Name ?? $"image.{MediaKinds.SubtypeOf(type)}", type, data.Data);
    }

    private static string[] FileNamesIn(AdditionalPropertiesDictionary? properties) =>
        properties is null ? [] : [.. properties.Where(pair => pair.Value is DataContent).Select(pair => pair.Key)];

    private static ImageGenerationResponse Read(
        ForwardedResponse response, ReadOnlyMemory<byte> body, MediaFields fields, CallOperation operation)
    {
        var probe = MediaCalls.Probe(operation);
        probe.ObserveBody(body.Span);
        var answer = default(JsonElement);
        var images = new List<AIContent>();
        try
        {
            answer = JsonElement.Parse(body.Span);
            if (answer.TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.Array)
                images.AddRange(data.EnumerateArray().Select(ImageOf).OfType<AIContent>());
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or ArgumentException)
        {
            throw MediaCalls.Malformed(response, "returned a malformed image", e);
        }

        if (images.Count == 0)
            throw MediaCalls.Malformed(response, "returned no image");
        MediaCalls.WriteFacts(response, fields, images[0].AdditionalProperties ??= []);
        return new ImageGenerationResponse(images)
        {
            Usage = probe.Usage.IsEmpty ? null : probe.Usage.ToUsageDetails(),
            RawRepresentation = answer,
        };
    }

    private static AIContent? ImageOf(JsonElement image)
    {
        AIContent? content = null;
        if (image.Text("b64_json") is { } base64)
        {
            var bytes = Convert.FromBase64String(base64);
            content = new DataContent(bytes, MediaKinds.OfBytes(bytes) ?? "image/png");
        }
        else if (image.Text("url") is { } url)
        {
            content = url.StartsWith("data:", StringComparison.OrdinalIgnoreCase) ? new DataContent(url) : new UriContent(url, "image/*");
        }

        if (content is not null && image.Text("revised_prompt") is { } revised)
            (content.AdditionalProperties ??= [])["revised_prompt"] = revised;
        return content;
    }
}
