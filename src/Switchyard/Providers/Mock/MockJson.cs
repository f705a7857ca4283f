using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Switchyard.Providers.Mock;

[JsonSerializable(typeof(JsonNode))]
internal sealed partial class MockJson : JsonSerializerContext;
