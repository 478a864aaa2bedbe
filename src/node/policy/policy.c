#include "node/policy/policy.h"

#include <inttypes.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/hex.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "channel/http/url.h"
#include "httpd/text.h"
#include "node/policy/constant_text.h"
#include "node/policy/json_text.h"
#include "node/policy/literal_check.h"

typedef enum member {
    MEMBER_ID,
    MEMBER_PARTICIPANTS,
    MEMBER_PROGRAM,
    MEMBER_LEADER,
    MEMBER_PARTY,
    MEMBER_INPUT,
    MEMBER_OUTPUT,
    MEMBER_CONSTANTS,
    MEMBER_FUNCTION,
    MEMBER_OUTPUT_PARTIES,
    N_MEMBERS
} member;

static const struct {
    const char *name;
    bool is_required;
} members[N_MEMBERS] = {
    [MEMBER_ID] = {"computation_id", true},  [MEMBER_PARTICIPANTS] = {"participants", true},
    [MEMBER_PROGRAM] = {"program", true},    [MEMBER_LEADER] = {"leader", true},
    [MEMBER_PARTY] = {"party", true},        [MEMBER_INPUT] = {"input", true},
    [MEMBER_OUTPUT] = {"output", false},     [MEMBER_CONSTANTS] = {"constants", true},
    [MEMBER_FUNCTION] = {"function", false}, [MEMBER_OUTPUT_PARTIES] = {"output_parties", false},
};

bool policy_id_read(char ret_id[POLICY_ID_SIZE], const char *text, size_t len)
{
    if (len != POLICY_ID_SIZE - 1)
        return false;
    for (size_t i = 0; i < len; i++) {
        const bool is_hyphen = i == 8 || i == 13 || i == 18 || i == 23;
        const char c = text[i] >= 'A' && text[i] <= 'F' ? (char)(text[i] | 32) : text[i];
        if (is_hyphen ? c != '-' : hex_digit(c) < 0)
            return false;
        ret_id[i] = c;
    }
    ret_id[len] = '\0';
    return true;
}

static size_t len_without_slashes(const char *url)
{
    size_t len = strlen(url);
    while (len > 0 && url[len - 1] == '/')
        len--;
    return len;
}

bool policy_same_url(const char *a, const char *b)
{
    const size_t len = len_without_slashes(a);
    return len == len_without_slashes(b) && memcmp(a, b, len) == 0;
}

/* ---- reading a member each ---- */

static pt_status shape_error(pt_error *error, const char *name, const char *expected)
{
    return error_set(error, PT_ERR_INPUT, "%s: expected %s", name, expected);
}

static pt_status take_id(policy *p, json_slice value, pt_error *error)
{
    if (!json_slice_is_string(value) || !policy_id_read(p->id, value.at + 1, value.len - 2))
        return shape_error(error, "computation_id", "a UUID");
    return PT_OK;
}

static size_t count_elements(json_slice array)
{
    json_text t;
    json_slice element;
    size_t n = 0;
    json_text_enter(&t, array);
    while (json_text_element(&t, &element))
        n++;
    return n;
}

static pt_status take_url(char **ret_url, const char *name, json_slice value, pt_error *error)
{
    const pt_status status = json_slice_text(ret_url, value, error);
    if (status == PT_ERR_MEMORY)
        return status;
    if (status != PT_OK || strlen(*ret_url) > POLICY_URL_MAX || !url_is_good(*ret_url))
        return shape_error(error, name, "a URL that begins with http:// or https://");
    return PT_OK;
}

static pt_status take_participants(policy *p, json_slice value, pt_error *error)
{
    json_text t;
    json_slice element;
    char name[40];
    if (!json_slice_is_array(value))
        return shape_error(error, "participants", "an array of URLs");
    const size_t n = count_elements(value);
    if (n < 2 || n > POLICY_PARTIES_MAX)
        return shape_error(error, "participants", "2 to 255 URLs");
    p->participants = mem_new(n, sizeof *p->participants);
    if (p->participants == NULL)
        return error_memory(error);
    p->n_parties = n;
    json_text_enter(&t, value);
    for (size_t i = 0; json_text_element(&t, &element); i++) {
        (void)snprintf(name, sizeof name, "participants[%zu]", i);
        const pt_status status = take_url(&p->participants[i], name, element, error);
        if (status != PT_OK)
            return status;
    }
    return PT_OK;
}

static pt_status take_program(policy *p, json_slice value, pt_error *error)
{
    const pt_status status = json_slice_text(&p->program, value, error);
    if (status == PT_ERR_MEMORY)
        return status;
    if (status != PT_OK || strlen(p->program) > POLICY_PROGRAM_MAX)
        return shape_error(error, "program", "Garble source, a string of at most 4 MiB");
    (void)crypto_hash_sha256(p->program_sha256, (const uint8_t *)p->program, strlen(p->program));
    return PT_OK;
}

static pt_status take_number(size_t *ret_number, const char *name, json_slice value,
                             pt_error *error)
{
    uint64_t number = 0;
    if (!text_number(value.at, value.len, UINT32_MAX, &number))
        return shape_error(error, name, "the number of a party, from 0");
    *ret_number = (size_t)number;
    return PT_OK;
}

/* The only member `key`, a string, of an object; false when it is something else. */
static bool find_name(json_slice *ret_name, json_slice value, const char *key)
{
    json_text t;
    json_slice found;
    json_slice other;
    if (!json_slice_is_object(value))
        return false;
    json_text_enter(&t, value);
    return json_text_member(&t, &found, ret_name) && json_slice_equals(found, key) &&
           json_slice_is_string(*ret_name) && !json_text_member(&t, &found, &other);
}

static pt_status take_name(char **ret_text, const char *name, json_slice value, pt_error *error)
{
    static const char good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
    const pt_status status = json_slice_text(ret_text, value, error);
    if (status == PT_ERR_MEMORY)
        return status;
    if (status != PT_OK || **ret_text == '\0' || strlen(*ret_text) > POLICY_NAME_MAX ||
        (*ret_text)[strspn(*ret_text, good)] != '\0')
        return shape_error(error, name, "a name of letters, digits, _ . and -");
    return PT_OK;
}

static pt_status take_input(policy *p, json_slice value, pt_error *error)
{
    json_slice name;
    if (find_name(&name, value, "source"))
        return take_name(&p->source, "input.source", name, error);
    if (!literal_may_be_good(value))
        return shape_error(error, "input", "a Garble literal");
    p->input = mem_new(value.len, 1);
    if (p->input == NULL)
        return error_memory(error);
    memcpy(p->input, value.at, value.len);
    p->input_len = value.len;
    return PT_OK;
}

static pt_status take_output(policy *p, json_slice value, pt_error *error)
{
    json_slice name;
    if (json_slice_is_null(value))
        return PT_OK;
    if (find_name(&name, value, "output"))
        return take_name(&p->output_name, "output.output", name, error);
    return take_url(&p->output_url, "output", value, error);
}

static int compare_constants(const void *a, const void *b)
{
    return strcmp(((const pt_constant *)a)->name, ((const pt_constant *)b)->name);
}

static pt_status take_constant(policy *p, json_slice key, json_slice value, pt_error *error)
{
    static const char good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
    pt_constant *c = &p->constants[p->n_constants];
    char *name = NULL;
    char *literal = NULL;
    pt_status status = json_slice_text(&name, key, error);
    if (status != PT_OK)
        return status;
    p->n_constants++;
    c->name = name;
    if (*name == '\0' || strlen(name) > POLICY_NAME_MAX || name[strspn(name, good)] != '\0' ||
        strchr("0123456789", *name) != NULL)
        return shape_error(error, "constants",
                           "names of this party's constants, without PARTY_n::");
    status = constant_text(&literal, value, error);
    c->literal = literal;
    return status;
}

static pt_status take_constants(policy *p, json_slice value, pt_error *error)
{
    json_text t;
    json_slice key;
    json_slice item;
    size_t n = 0;
    if (!json_slice_is_object(value))
        return shape_error(error, "constants", "an object");
    json_text_enter(&t, value);
    while (json_text_member(&t, &key, &item))
        n++;
    if (n > POLICY_CONSTANTS_MAX)
        return shape_error(error, "constants", "at most 1024 of them");
    p->constants = mem_new(n, sizeof *p->constants);
    if (p->constants == NULL)
        return error_memory(error);
    json_text_enter(&t, value);
    while (json_text_member(&t, &key, &item)) {
        const pt_status status = take_constant(p, key, item, error);
        if (status != PT_OK)
            return status;
    }
    if (p->n_constants > 1)
        qsort(p->constants, p->n_constants, sizeof *p->constants, compare_constants);
    for (size_t i = 1; i < p->n_constants; i++) {
        if (strcmp(p->constants[i - 1].name, p->constants[i].name) == 0)
            return shape_error(error, "constants", "each name once");
    }
    return PT_OK;
}

static pt_status take_function(policy *p, json_slice value, pt_error *error)
{
    if (json_slice_is_null(value))
        return PT_OK;
    return take_name(&p->function, "function", value, error);
}

static pt_status take_output_parties(policy *p, json_slice value, pt_error *error)
{
    json_text t;
    json_slice element;
    size_t n = 0;
    p->receives = mem_new(p->n_parties, sizeof *p->receives);
    if (p->receives == NULL)
        return error_memory(error);
    for (size_t i = 0; i < p->n_parties; i++)
        p->receives[i] = value.len == 0 || json_slice_is_null(value);
    if (p->receives[0])
        return PT_OK;
    if (!json_slice_is_array(value))
        return shape_error(error, "output_parties", "an array of numbers of parties");
    json_text_enter(&t, value);
    for (; json_text_element(&t, &element); n++) {
        size_t party = 0;
        const pt_status status = take_number(&party, "output_parties", element, error);
        if (status != PT_OK)
            return status;
        if (party >= p->n_parties || p->receives[party])
            return shape_error(error, "output_parties", "numbers of parties, each once");
        p->receives[party] = true;
    }
    return n == 0 ? shape_error(error, "output_parties", "at least one party") : PT_OK;
}

/* ---- the whole ---- */

/* Which member the key is; N_MEMBERS: none, as the Rust project's server takes it and leaves it
 * out. What is near a member is refused: left out, a misspelt output_parties would mean everybody.
 */
static pt_status member_of(size_t *ret_which, json_slice key, pt_error *error)
{
    char *name = NULL;
    nearest near;
    size_t i = 0;
    *ret_which = N_MEMBERS;
    const pt_status status = json_slice_text(&name, key, error);
    if (status != PT_OK)
        return status == PT_ERR_MEMORY ? status : PT_OK;
    nearest_init(&near, name, strlen(name));
    for (; i < N_MEMBERS && strcmp(name, members[i].name) != 0; i++)
        nearest_offer(&near, members[i].name);
    const bool is_misspelt = i == N_MEMBERS && near.best != NULL;
    if (is_misspelt)
        (void)error_set(error, PT_ERR_INPUT, "a policy has no member '%.64s'; did you mean '%s'?",
                        name, near.best);
    mem_free(name);
    *ret_which = i;
    return is_misspelt ? PT_ERR_INPUT : PT_OK;
}

static pt_status find_members(json_slice ret_values[N_MEMBERS], json_slice object, pt_error *error)
{
    json_text t;
    json_slice key;
    json_slice value;
    json_text_enter(&t, object);
    while (json_text_member(&t, &key, &value)) {
        size_t which = N_MEMBERS;
        const pt_status status = member_of(&which, key, error);
        if (status != PT_OK)
            return status;
        if (which == N_MEMBERS)
            continue;
        if (ret_values[which].len != 0)
            return error_set(error, PT_ERR_INPUT, "%s is there twice", members[which].name);
        ret_values[which] = value;
    }
    for (size_t i = 0; i < N_MEMBERS; i++) {
        if (members[i].is_required && ret_values[i].len == 0)
            return error_set(error, PT_ERR_INPUT, "%s is missing", members[i].name);
    }
    return PT_OK;
}

static pt_status check_numbers(const policy *p, pt_error *error)
{
    if (p->leader >= p->n_parties)
        return error_set(error, PT_ERR_INPUT, "leader: there are %zu participants, from 0",
                         p->n_parties);
    if (p->party >= p->n_parties)
        return error_set(error, PT_ERR_INPUT, "party: there are %zu participants, from 0",
                         p->n_parties);
    return PT_OK;
}

/* The constants of policies are this party's own. */
static pt_status name_constants(policy *p, pt_error *error)
{
    char party[32];
    (void)snprintf(party, sizeof party, "PARTY_%zu", p->party);
    for (size_t i = 0; i < p->n_constants; i++) {
        p->constants[i].party = mem_string(party);
        if (p->constants[i].party == NULL)
            return error_memory(error);
    }
    return PT_OK;
}

static pt_status take_members(policy *p, const json_slice values[N_MEMBERS], pt_error *error)
{
    typedef pt_status (*taker)(policy * p, json_slice value, pt_error * error);
    static const taker takers[N_MEMBERS] = {
        [MEMBER_ID] = take_id,
        [MEMBER_PARTICIPANTS] = take_participants,
        [MEMBER_PROGRAM] = take_program,
        [MEMBER_INPUT] = take_input,
        [MEMBER_OUTPUT] = take_output,
        [MEMBER_CONSTANTS] = take_constants,
        [MEMBER_FUNCTION] = take_function,
    };
    pt_status status = PT_OK;
    for (size_t i = 0; i < N_MEMBERS && status == PT_OK; i++) {
        if (takers[i] != NULL && values[i].len != 0)
            status = takers[i](p, values[i], error);
    }
    if (status == PT_OK)
        status = take_number(&p->leader, "leader", values[MEMBER_LEADER], error);
    if (status == PT_OK)
        status = take_number(&p->party, "party", values[MEMBER_PARTY], error);
    if (status == PT_OK)
        status = check_numbers(p, error);
    if (status == PT_OK)
        status = take_output_parties(p, values[MEMBER_OUTPUT_PARTIES], error);
    if (status == PT_OK)
        status = name_constants(p, error);
    return status;
}

bool policy_parse(policy *ret_policy, const char *json, size_t len, policy_fault *ret_fault,
                  pt_error *error)
{
    json_text t;
    json_slice all;
    json_slice values[N_MEMBERS] = {{0}};
    *ret_policy = (policy){0};
    *ret_fault = POLICY_NO_JSON;
    json_text_init(&t, json, len);
    if (!json_text_value(&t, &all) || !json_text_ends(&t)) {
        (void)error_set(error, PT_ERR_INPUT, "not JSON, at byte %zu", (size_t)(t.at - t.begin));
        return false;
    }
    *ret_fault = POLICY_WRONG_SHAPE;
    if (!json_slice_is_object(all)) {
        (void)shape_error(error, "the policy", "an object");
        return false;
    }
    pt_status status = find_members(values, all, error);
    if (status == PT_OK)
        status = take_members(ret_policy, values, error);
    if (status == PT_ERR_MEMORY)
        *ret_fault = POLICY_NO_MEMORY;
    return status == PT_OK;
}

void policy_forget_input(policy *p)
{
    mem_free_secret(p->input, p->input_len);
    p->input = NULL;
    p->input_len = 0;
}

void policy_clear(policy *p)
{
    for (size_t i = 0; p->participants != NULL && i < p->n_parties; i++)
        mem_free(p->participants[i]);
    for (size_t i = 0; i < p->n_constants; i++) {
        mem_free((char *)p->constants[i].party);
        mem_free((char *)p->constants[i].name);
        mem_free((char *)p->constants[i].literal);
    }
    policy_forget_input(p);
    mem_free(p->participants);
    mem_free(p->constants);
    mem_free(p->program);
    mem_free(p->function);
    mem_free(p->source);
    mem_free(p->output_url);
    mem_free(p->output_name);
    mem_free(p->receives);
    *p = (policy){0};
}

/* ---- printing ---- */

static json_t *print_output(const policy *p)
{
    if (p->output_name != NULL)
        return json_pack("{s:s}", "output", p->output_name);
    return p->output_url == NULL ? json_null() : json_string(p->output_url);
}

json_t *policy_put_lists(json_t *all, const policy *p)
{
    json_t *participants = json_array();
    json_t *receivers = json_array();
    json_t *constants = json_object();
    for (size_t i = 0; i < p->n_parties; i++) {
        (void)json_array_append_new(participants, json_string(p->participants[i]));
        if (p->receives[i])
            (void)json_array_append_new(receivers, json_integer((json_int_t)i));
    }
    for (size_t i = 0; i < p->n_constants; i++)
        (void)json_object_set_new(constants, p->constants[i].name,
                                  json_string(p->constants[i].literal));
    (void)json_object_set_new(all, "participants", participants);
    (void)json_object_set_new(all, "output_parties", receivers);
    (void)json_object_set_new(all, "constants", constants);
    return all;
}

char *policy_print(const policy *p)
{
    json_t *input = p->source == NULL ? json_null() : json_pack("{s:s}", "source", p->source);
    json_t *all =
        json_pack("{s:s, s:s, s:I, s:I, s:o, s:o, s:s?}", "computation_id", p->id, "program",
                  p->program, "leader", (json_int_t)p->leader, "party", (json_int_t)p->party,
                  "input", input, "output", print_output(p), "function", p->function);
    if (all == NULL)
        return NULL;
    char *text = json_dumps(policy_put_lists(all, p), JSON_COMPACT | JSON_SORT_KEYS);
    char *copy = text == NULL ? NULL : mem_string(text);
    json_decref(all);
    free(text);
    return copy;
}

void policy_hash(char ret_hash[POLICY_HASH_SIZE], const char *printed)
{
    uint8_t hash[POLICY_HASH_BYTES];
    (void)crypto_hash_sha256(hash, (const uint8_t *)printed, strlen(printed));
    hex_write(ret_hash, hash, sizeof hash);
}

static json_t *show_output(const policy *p)
{
    char *url = p->output_url == NULL ? NULL : url_shown(p->output_url);
    const char *shown = url != NULL ? url : p->output_name;
    json_t *output = shown == NULL ? json_null() : json_string(shown);
    mem_free(url);
    return output;
}

void policy_put_shown(json_t *all, const policy *p, const char *printed)
{
    char program_hash[POLICY_HASH_SIZE];
    char hash[POLICY_HASH_SIZE];
    hex_write(program_hash, p->program_sha256, sizeof p->program_sha256);
    policy_hash(hash, printed);
    (void)json_object_update_new(policy_put_lists(all, p),
                                 json_pack("{s:s, s:s, s:s, s:s?, s:o, s:I, s:I}", "policy_sha256",
                                           hash, "program_sha256", program_hash, "function",
                                           p->function == NULL ? "main" : p->function, "source",
                                           p->source, "output", show_output(p), "party",
                                           (json_int_t)p->party, "leader", (json_int_t)p->leader));
}

char *policy_summary(const policy *p, const char *printed)
{
    json_t *all = json_object();
    policy_put_shown(all, p, printed);
    char *text = json_dumps(all, JSON_COMPACT);
    char *copy = text == NULL ? NULL : mem_string(text);
    json_decref(all);
    free(text);
    return copy;
}

pt_status policy_restore(policy *ret_policy, const char *json, uint8_t *input, size_t input_len,
                         pt_error *error)
{
    policy_fault fault;
    if (json == NULL) { /* there was no memory for it when it was read */
        *ret_policy = (policy){0};
        mem_free_secret(input, input_len);
        return error_memory(error);
    }
    const bool is_good = policy_parse(ret_policy, json, strlen(json), &fault, error);
    if (ret_policy->source == NULL)
        policy_forget_input(ret_policy);
    if (!is_good || ret_policy->source != NULL) {
        mem_free_secret(input, input_len);
        return is_good ? PT_OK : error->status;
    }
    ret_policy->input = input;
    ret_policy->input_len = input_len;
    return PT_OK;
}
