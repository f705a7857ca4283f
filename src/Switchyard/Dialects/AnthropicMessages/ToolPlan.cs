using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Dialects.Shared.Tools;
using Switchyard.Targets;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>One tool of a request and where the client put it.</summary>
internal readonly record struct PlannedTool(AITool Tool, string Path);

/// <summary>
/// Which tools are sent and with which tool choice, decided before anything is written because thinking and schema depend on it.
/// </summary>
internal sealed class ToolPlan
{
    private ToolPlan(List<PlannedTool> tools, ChatToolMode? mode, bool? parallel, JsonElement? answerSchema, bool describesAnswer)
    {
        DescribesAnswer = describesAnswer;
        Tools = tools;
        Mode = mode;
        Parallel = parallel;
        AnswerSchema = answerSchema;
    }

    /// <summary>The client's tools, in its order.</summary>
    public List<PlannedTool> Tools { get; }

    /// <summary>The tool choice; null leaves it to the API.</summary>
    public ChatToolMode? Mode { get; }

    /// <summary>Whether several may be called at once; null leaves it to the API.</summary>
    public bool? Parallel { get; }

    /// <summary>The schema of the answer, where it is asked for with <see cref="AnthropicKeys.AnswerTool"/>.</summary>
    public JsonElement? AnswerSchema { get; }

    /// <summary>Whether the schema of the answer is described in words, because the model cannot be held to it.</summary>
    public bool DescribesAnswer { get; }

    /// <summary>Whether a tool call is forced, which the API refuses beside thinking.</summary>
    public bool ForcesCall => AnswerSchema is not null || Mode is RequiredChatToolMode;

    public static ToolPlan Of(ChatOptions options, EgressTarget target, LossReport losses)
    {
        var tools = Carried(options, losses);
        var wanted = (options.ResponseFormat as ChatResponseFormatJson)?.Schema;
        var mustBeOpen = wanted is { } answer && target.Facts.JsonSchema != false && !ClosedSchema.CanBeHeld(answer);
        var byTool = mustBeOpen && tools.Count == 0 && MayBeArguments(wanted!.Value, options, target);
        var schema = byTool || target.Facts.JsonSchema == false ? wanted : null;
        if (schema is not null && tools.Count > 0)
        {
            throw new CallException(
                CallErrorKind.InvalidRequest,
                $"{target.Model} cannot answer in a JSON schema while it has tools to call. "
                    + "Remove one of the two, or choose a model with structured output.",
                "response_format");
        }

        return new ToolPlan(tools, ModeOf(options, tools, losses), options.AllowMultipleToolCalls, schema, mustBeOpen && !byTool);
    }

    /// <summary>Whether the answer can be asked for as the arguments of a call, which is refused while the model thinks.</summary>
    private static bool MayBeArguments(JsonElement schema, ChatOptions options, EgressTarget target) =>
        !ReasoningRequest.Read(options).Reasons(target.Facts) && schema.Text("type") is null or "object";

    private static List<PlannedTool> Carried(ChatOptions options, LossReport losses)
    {
        var carried = new List<PlannedTool>(options.Tools?.Count ?? 0);
        var allowed = ToolSelection.Allowed(options);
        for (var i = 0; i < (options.Tools?.Count ?? 0); i++)
        {
            var tool = options.Tools![i];
            var isOurs = tool.AdditionalProperties.ContainsKey(AnthropicKeys.Raw);
            if (!isOurs && tool is not AIFunctionDeclaration)
                ForeignTools.LeaveOut(tool, i, options, losses);
            else if (allowed is null || allowed.Contains(tool.Name))
                carried.Add(new PlannedTool(tool, $"tools[{i}]"));
        }

        return carried;
    }

    private static ChatToolMode? ModeOf(ChatOptions options, List<PlannedTool> tools, LossReport losses)
    {
        if (tools.Count > 0)
            return options.ToolMode;
        // Without tools, auto and none have no effect; a required call cannot be met and is reported.
        if (options.ToolMode is RequiredChatToolMode)
            losses.Drop("tool_choice");
        return null;
    }
}
