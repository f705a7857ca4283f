using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Egress.Exchange;
using Switchyard.Pipeline;

namespace Switchyard.Naming;

/// <summary>
/// Gives answers the model name that the client requested: in objects, and in forwarded bytes without decoding them. It is in the pipeline
/// only if the configuration wants it for some calls. Thread-safe.
/// </summary>
/// <param name="dialects">The formats, which know where an answer names its model.</param>
internal sealed class NamingMiddleware(DialectSet dialects) : ICallMiddleware
{
    public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next)
    {
        // Before the other steps: a budget may give the call another route.
        if (call.Snapshot.Section(AnswerNames.Section)!.NameFor(call) is not { } name)
            return next(call);
        call.Set(CallMarks.AnswerModel, name);
        return NameAsync(call, name, next);
    }

    private async ValueTask<CallResponse> NameAsync(ModelCall call, string name, CallHandler next)
    {
        var answer = await next(call).ConfigureAwait(false);
        return answer switch
        {
            { Error: not null } => answer,
            ForwardedResponse body => await NameAsync(call, name, body).ConfigureAwait(false),
            UpdatesResponse updates => new NamedUpdates(updates, name),
            AnswerResponse { Answer: var whole } => Name(answer, whole, name),
            _ => answer,
        };
    }

    private ValueTask<CallResponse> NameAsync(ModelCall call, string name, ForwardedResponse body)
    {
        // Sound, or a transcript as text, names no model.
        if (!body.IsStream && CallOperations.AnswersAnyMedia(call.Envelope.Operation) && !ContentTypes.IsJson(body.ContentType))
            return new(body);
        var place = dialects.FindIngress(call.ClientDialect)?.AnswerModel ?? AnswerModelPlace.TopLevel;
        return NamedBody.OpenAsync(body, new ModelSplice(place, body.IsStream, name));
    }

    private static CallResponse Name(CallResponse answer, CanonicalAnswer whole, string name)
    {
        switch (whole)
        {
            case CanonicalChatAnswer chat:
                chat.Response.ModelId = name;
                return answer;
            case CanonicalEmbeddingAnswer vectors:
                return new AnswerResponse(new CanonicalEmbeddingAnswer(Named(vectors.Embeddings, name)));
            case CanonicalRerankAnswer rerank:
                return new AnswerResponse(new CanonicalRerankAnswer(rerank.Results, rerank.Usage)
                {
                    Id = rerank.Id,
                    Model = name,
                    SearchUnits = rerank.SearchUnits,
                });
            default:
                return answer;
        }
    }

    /// <summary>Copies of the vectors: a generator in this process may return the same objects again.</summary>
    private static GeneratedEmbeddings<Embedding<float>> Named(GeneratedEmbeddings<Embedding<float>> vectors, string name) =>
        new(vectors.Select(vector => new Embedding<float>(vector.Vector)
        {
            ModelId = name,
            CreatedAt = vector.CreatedAt,
            AdditionalProperties = vector.AdditionalProperties,
        }))
        {
            Usage = vectors.Usage,
            AdditionalProperties = vectors.AdditionalProperties,
        };
}
