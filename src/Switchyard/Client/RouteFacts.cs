using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Targets;

namespace Switchyard.Client;

/// <summary>
/// What the gateway says in response headers, said to an in-process caller in <c>AdditionalProperties</c> of the answer, or of a stream's
/// first update, under the same names.
/// </summary>
public static class RouteFacts
{
    /// <summary>The call's id (<see cref="string"/>).</summary>
    public const string RequestId = "x-request-id";

    /// <summary>The provider that answered (<see cref="string"/>).</summary>
    public const string Provider = "x-switchyard-provider";

    /// <summary>The provider's model that was asked (<see cref="string"/>).</summary>
    public const string Model = "x-switchyard-model";

    /// <summary>How many attempts it took (<see cref="int"/>).</summary>
    public const string Attempts = "x-switchyard-attempts";

    /// <summary>The generation of the configuration the call ran on (<see cref="long"/>).</summary>
    public const string Config = "x-switchyard-config";

    /// <summary>The request fields that could not be carried (<c>string[]</c>); absent when there were none.</summary>
    public const string Dropped = "x-switchyard-dropped";

    internal static void Write(ModelCall call, AdditionalPropertiesDictionary properties)
    {
        var attempt = call.Attempt!;
        properties[RequestId] = call.Id;
        properties[Provider] = attempt.Deployment.Provider;
        properties[Model] = attempt.Deployment.Model;
        properties[Attempts] = call.AttemptCount;
        properties[Config] = call.Snapshot.Generation;
        if (!attempt.Losses.IsEmpty)
            properties[Dropped] = attempt.Losses.Fields.ToArray();
    }
}
