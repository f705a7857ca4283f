using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.BedrockConverse;

/// <summary>Writes <c>additionalModelRequestFields</c>: the request fields that only one family of models has.</summary>
internal sealed class ModelFieldEncoder(Utf8JsonWriter writer, ChatOptions options, ModelFamily family, LossReport losses)
{
    private const string Name = "additionalModelRequestFields";

    private bool _begun;

    public void Write(ReasoningPlan reasoning, ToolPlan tools)
    {
        WriteOwn();
        WriteReasoning(reasoning);
        WriteTopK(reasoning);
        WriteParallel(tools);
        if (_begun)
            writer.WriteEndObject();
    }

    /// <summary>Fields the client itself wrote for the model.</summary>
    private void WriteOwn()
    {
        if (options.AdditionalProperties.Element(Name) is not { ValueKind: JsonValueKind.Object } own)
        {
            return;
        }

        foreach (var member in own.EnumerateObject())
        {
            // These are written from the general options of the request.
            if (member.IsNamed("thinking", "top_k", "tool_choice", "reasoning_effort", "reasoningConfig", "inferenceConfig")
                && SaysItself(member.Name))
            {
                continue;
            }

            Begin();
            member.WriteTo(writer);
        }
    }

    private bool SaysItself(string name) => name switch
    {
        "top_k" or "inferenceConfig" => options.TopK is not null,
        "tool_choice" => options.AllowMultipleToolCalls is false,
        _ => !ReasoningRequest.Read(options).IsUnset,
    };

    private void WriteReasoning(ReasoningPlan reasoning)
    {
        if (reasoning.Thinks)
        {
            Begin();
            writer.WriteStartObject("thinking"u8);
            writer.WriteString("type"u8, reasoning.IsAdaptive ? "adaptive"u8 : "enabled"u8);
            if (reasoning.Budget is { } budget)
                writer.WriteNumber("budget_tokens"u8, budget);
            writer.WriteEndObject();
        }
        else if (reasoning.Effort is { } effort && family == ModelFamily.ReasoningNova)
        {
            Begin();
            writer.WriteStartObject("reasoningConfig"u8);
            writer.WriteString("type"u8, "enabled"u8);
            writer.WriteString("maxReasoningEffort"u8, effort);
            writer.WriteEndObject();
        }
        else if (reasoning.Effort is { } grade && family != ModelFamily.Claude)
        {
            Begin();
            writer.WriteString("reasoning_effort"u8, grade);
        }
    }

    private void WriteTopK(ReasoningPlan reasoning)
    {
        if (options.TopK is not { } topK)
            return;
        switch (family)
        {
            case ModelFamily.Claude or ModelFamily.Mistral when !reasoning.Thinks:
                Begin();
                writer.WriteNumber("top_k"u8, topK);
                break;
            case ModelFamily.Nova or ModelFamily.ReasoningNova:
                Begin();
                writer.WriteStartObject("inferenceConfig"u8);
                writer.WriteNumber("topK"u8, topK);
                writer.WriteEndObject();
                break;
            default:
                losses.Drop("top_k");
                break;
        }
    }

    /// <summary>Writes <c>disable_parallel_tool_use</c>, which only Claude has, in its own <c>tool_choice</c>.</summary>
    private void WriteParallel(ToolPlan tools)
    {
        if (options.AllowMultipleToolCalls is not false || tools.Functions.Count == 0)
            return;
        if (family != ModelFamily.Claude)
        {
            losses.Drop("parallel_tool_calls");
            return;
        }

        Begin();
        writer.WriteStartObject("tool_choice"u8);
        writer.WriteString("type"u8, !tools.IsForced ? "auto" : tools.Choice == "any" ? "any" : "tool");
        if (tools.IsForced && tools.Choice != "any")
            writer.WriteString("name"u8, tools.Choice);
        writer.WriteBoolean("disable_parallel_tool_use"u8, true);
        writer.WriteEndObject();
    }

    private void Begin()
    {
        if (!_begun)
            writer.WriteStartObject(Name);
        _begun = true;
    }
}
