// A program that gets its gateway from Aspire: see samples/AspireAppHost.
using Microsoft.Extensions.AI;
using OpenTelemetry;

// begin: aspire client
var builder = WebApplication.CreateBuilder(args);
builder.AddSwitchyardChatClient("ai");
builder.AddKeyedSwitchyardChatClient("fast");
builder.AddSwitchyardEmbeddingGenerator("ai");
// end
if (builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is { Length: > 0 })
    builder.Services.AddOpenTelemetry().UseOtlpExporter();

var app = builder.Build();
app.MapHealthChecks("/health");
// begin: aspire client use
app.MapGet("/ask", async (string question, string model, IChatClient chat) =>
    (await chat.GetResponseAsync(question, new ChatOptions { ModelId = model })).Text);
app.MapGet("/quick", (string question, [FromKeyedServices("fast")] IChatClient chat) =>
    chat.GetStreamingResponseAsync(question).Select(update => update.Text));
// end
app.MapGet("/measure", async (string text, IEmbeddingGenerator<string, Embedding<float>> embeddings) =>
    (await embeddings.GenerateAsync([text], new EmbeddingGenerationOptions { ModelId = "mock/mock-embedding-v1" }))[0].Vector.Length);
app.Run();
