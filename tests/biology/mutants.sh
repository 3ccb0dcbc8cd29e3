#!/bin/sh
# Every law of the model's tests can fail: each line below spoils one equation in a
# copy of models/ and names the test that must then fail.
#   mutants.sh MODELS TEST_FOLDER
set -u
models=$1 tests=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
missed=0 n=0
while IFS='|' read -r file edit program law; do
  case $file in '' | '#'*) continue ;; esac
  n=$((n + 1))
  rm -rf "$work/m"
  mkdir "$work/m"
  cp "$models"/*.rsp "$work/m/"
  sed -i "$edit" "$work/m/$file.rsp"
  if cmp -s "$work/m/$file.rsp" "$models/$file.rsp"; then
    echo "$file: '$edit' changes nothing"
    missed=$((missed + 1))
  elif RESPITE_TEST_MODELS=$work/m "$tests/test_biology_$program" "*$law*" >"$work/log" 2>&1; then
    echo "$file: '$edit' was not noticed by $law"
    missed=$((missed + 1))
  elif ! grep -q "FAILED  \] .*$law" "$work/log"; then
    echo "$file: '$edit': $law did not run"
    cat "$work/log"
    missed=$((missed + 1))
  fi
done <<'EOF'
infection|s/^    1 - sum(x in site: b_prod/    1.02 - sum(x in site: b_prod/|virus|reproduction_number
infection|s/sum(x in site: y \* permissive/sum(x in site: 1.01 * y * permissive/|virus|grow_at_the_rate_r
infection|s/(r + k_E) \/ (k_E/(r + 1.01 * k_E) \/ (k_E/|virus|grow_at_the_rate_r
infection|s/+ mix \* target_share\[x\] \* shed\[s\])/+ mix * shed[s] \/ 3)/|virus|grow_at_the_rate_r
infection|s/+ 4 \* death_set\[x\]/+ 4.2 * death_set[x]/|virus|set_point
infection|s/m_X \* ctl_density\[x\] \* X_set/m_X * X_set/|virus|set_point
infection|s/^let I_set = setpoint/let I_set = 1.01 * setpoint/|virus|set_point
infection|s/@ lambda_T \* target_share\[x\]/@ lambda_T * 0.33/|virus|target_cells_stand
art|s/C_art = ln2 \/ t_art/C_art = 1 \/ t_art/|virus|infection_grows_again
art|s/u_art < share_nnrti/u_art > share_nnrti/|virus|infection_grows_again
art|s/max(C_art, art_tail)^h_art)/max(C_art, art_tail)^2)/|virus|infection_grows_again
art|s/(1 \/ leak - 1)^(1/(1 \/ leak + 1)^(1/|virus|runs_at_its_leak
tissues|s/if x == follicle then chi_C else/if x == follicle then 2 * chi_C else/|virus|lie_in_follicles
infection|s/@ (death_now\[x\] + kill/@ (1.01 * death_now[x] + kill/|virus|falls_in_days
latency|s/+ theta - reactivation in/+ theta + 500 * reactivation in/|virus|falls_in_days
latency|s/alpha_L + theta - reactivation/alpha_L + theta/|virus|falls_at_theta
latency|s/years_on_art < years_fast/years_on_art > years_fast/|virus|falls_at_theta
latency|s/(1 - 1 \/ R_ATI))/(1 - 0.9 \/ R_ATI))/|virus|founds_a_rebound
infection|s/: P\[x,s\] -> I\[x,s\] @/: P[x,s] -> 2 I[x,s] @/|virus|founds_a_rebound
initial|s/(death_rest\[x\] - birth_on_art \* permissive\[x\]))$/(death_rest[x] * 0.8))/|virus|immigration_and_death
observe|s/= V + residual/= V/|virus|immigration_and_death
escape|s/1 - n_l\[l\] \* mu else n_l\[l\] \* mu/1 - n_l[l] * mu else mu/|virus|mutation_over_cost
escape|s/1 - c_l\[l\])/1 - 0.9 * c_l[l])/|virus|mutation_over_cost
escape|s/f_R \/ n_loci/f_R/|virus|genotypes_as_its_share
ctl|s/- d_now \* V/+ d_now * V/|virus|set_point
one_product|s/^species E cell/species E cell\ninitial E = L0/|car|no_car_t_cell
antigen|s/: B += cells/: B += cells, E += cells/|car|no_car_t_cell
one_product|s/(1 - f_M0)/(0.9 - f_M0)/|car|dose_arrives
antigen|s/^action boost(cells cell): B += cells/action boost(cells cell): B += 0.9 * cells/|car|dose_arrives
antigen|s/-ln2 \/ t_B/-1 \/ t_B/|car|boosting_cells_halve
one_product|s/@ (1 - f_EM) \* d_E/@ d_E/|car|leave_memory
one_product|s/^  (local \* sum/  (sum/|car|antigen_is_at_F50
one_product|s/+ activation_defective \* D/+ 0.9 * activation_defective * D/|car|antigen_is_at_F50
one_product|s/rho_E \* toggle \* ready/rho_E * toggle/|car|antigen_is_at_F50
one_product|s/(eta - 1) \* activation_low/eta * activation_low/|car|antigen_is_at_F50
one_product|s/M -> 2 M @ p_M/M -> 2 M @ 0.9 * p_M/|car|daughters_are_shared
one_product|s/M -> 2 E/M -> 2 E + M/|car|daughters_are_shared
tissues|s/\/ car_total_weight in 1 "share of CAR T cells in b/\/ cell_sum in 1 "share of CAR T cells in b/;s/^let car_total_weight/let cell_sum = N_tot in cell "x"\nlet car_total_weight/|car|crossing_tissues
tissues|s/x == gut then pi_G/x == gut then 1/|car|crossing_tissues
one_product|s/E -> Xh @ x_E/E -> 2 Xh @ x_E/|car|crossing_tissues
observe|s/\* VCN \* dna/* dna/|car|crossing_tissues
recognition|s/(1 + kappa) \/ (1/1 \/ (1/|car|average_over_env
escape|s/phi_l\[l\]), 1000)/phi_l[l]), 100)/|car|average_over_env
one_product|s/= engagement\[x\] \* lysis\[s\]/= engagement[x]/|car|kills_nothing
infection|s/@ (death_now\[x\] + kill\[x,s\])/@ death_now[x]/|car|threshold_of_effectors
one_product|s/(h_k \* N_site\[x\] + effectors\[x\] +/(h_k * N_site[x] +/|car|threshold_of_effectors
infection|s/@ (death_now\[x\] + kill\[x,s\])/@ (death_now[x] + kill[x,s] + d_T * E \/ N_tot)/|car|change_nothing_of_the_virus
one_product|s/E \* car_share\[x\] in/E * N_site[x] \/ (N_site[tzone] + N_site[follicle] + N_site[gut] + blood_weight) in/|car|follicles_shelter
infection|s/(stays\[x\] \* (I\[x,s\] + held\[x,s\]) + mix/((1 - 0.9 * mix) * I[x,s] + 0.9 * mix/|car|follicles_shelter
one_product|s/= engagement\[x\] \* lysis\[s\]/= engagement[x] * lysis[wt]/|car|mutant_grows
one_product|s/eta \* sum(s in strain: I\[x,s\]) + D/sum(s in strain: I[x,s]) + D/|car|shares_the_effectors
one_product|s/+ (if x == tzone then B else 0) in/in/|car|shares_the_effectors
latency|s/^default let display = lambda_on +/default let display = 1e-4 * lambda_off + lambda_on +/|car|what_it_displays
latency|s/(lambda_off + kill_low\[x,s\])/lambda_off/|car|what_it_displays
antigen|s/(1 - f_int) \/ f_int/1 \/ f_int/|car|return_meets_killing
antigen|s/- kill_defective\[x\] \* D\[x\]//|car|defectives_that_are_killed
two_products|s/activation_of\[p,s\] + (eta - 1)/activation_of[p,s] + (eta - 2)/|car_side|laws_are_those_of_the_minimum
products|s/^let dM_of\[p in product\] = m_dM_of/let dM_of[p in product] = 2 * m_dM_of/|car_side|wanes_as_its_construct
products|s/and m_N_second > 0 then m_N_second/and m_N_second > 0 then m_N/|car_side|multipliers_of_its_own
products|s/and m_k_second > 0 then m_k_second/then m_k_second/|car_side|multipliers_of_its_own
two_products|s/^let killed_by\(.*\)lysis_of\[p,s\]/let killed_by\1lysis_of[first,s]/|car_side|adds_up
two_products|s/car_lysis_second = lysis_of\[second/car_lysis_second = lysis_of[first/|car_side|adds_up
two_products|s/E\[p\] -> 2 E\[p\] @ rho_E/E[p] -> 2 E[p] @ 1.01 * rho_E/|car_side|double_in_0_755
products|s/(pd1\[p\] + tim3\[p\] + lag3\[p\])/(pd1[p] + 2 * tim3[p])/|car_side|a_third_of_three
two_products|s/@ d_S \* S\[p\]/@ 1.1 * d_S * S[p]/|car_side|in_fifteen_years
antibodies|s/fold_in_vivo \* ic50/ic50/|car_side|in_people_halves
antibodies|s/Q_ab\[k\] \/ V2_ab\[k\] \* Ab2\[k\]$/Q_ab[k] \/ V1_ab[k] * Ab2[k]/|car_side|falls_by_half
antibodies|s/else Q_partner) \* body^0.85/else Q_partner) * body/|car_side|a_smaller_body
antibodies|s/dose \* body_weight \* body "VRC01 into/dose * body_weight "VRC01 into/|car_side|a_smaller_body
antibodies|s/hides\[p,k,e\] \* antibody/0 * antibody/|car_side|takes_the_epitope
antibodies|s/else if ab_epitope\[k\] == e then 1/else if k == vrc01 then 1/|full|that_it_binds_itself
affinity|s/max(e in epitope: holds_by\[p,e,s\] \* unmasked/min(e in epitope: holds_by[p,e,s] * unmasked/|full|that_it_binds_itself
affinity|s/min(1000, if p == first then epitope_loss/min(1000, if p == first then 2 * epitope_loss/|full|what_it_binds_there
antibodies|s/^let antibody_pass\[s in strain\] = product(k in bnab: 1 \/ (1 +/let antibody_pass[s in strain] = product(k in bnab: 1 \/ (1.01 +/|car_side|halves_infection
antibodies|s/then phi_ab\[l\] else 1/then phi_l[l] else 1/|full|whatever_the_car_binds
antibodies|s/locus_epitope\[l\] == ab_epitope\[k\]/locus_epitope[l] == 0/|full|whatever_the_car_binds
reversal|s/= (1 + (e_LRA - 1)/= (1 + e_LRA/|car_side|multiplies_reactivation
editing|s/^let unedited = 1 - edited \* edit_works/let unedited = 1 - edited/|car_side|lost_to_infection
art_classes|s/-ln2 \/ t_la/-1 \/ t_la/;s/= ln2 \/ t_la/= 1 \/ t_la/|car_side|holds_art_up
lymphodepletion|s/  X = X \*/  X = 0.9 * X */|car_side|costs_lymphocytes
lymphodepletion|s/^let lymphocytes_left = 1 - ld_kill/let lymphocytes_left = 1 - 0 * ld_kill/|car_side|graded_by_daids
two_products|s/(1 - cd4_share\[p\]) \* car_of/car_of/|car_side|counted_with_ctl
observe|s/+ f_ctl8 \* X)/+ f_ctl8)/|car_side|counted_with_ctl
laboratory|s/lymphocyte_count < cut/lymphocyte_count <= cut/|car_side|graded_by_daids
laboratory|s/if CD4 < cut/if CD4 <= cut/|car_side|graded_by_daids
haematology|s/^let k_tr\[c in lineage\] = 4/let k_tr[c in lineage] = 5/|car_side|as_in_friberg
haematology|s/max(Ci\[c\], tiny_count))^feedback/max(Ci[c], tiny_count))^(1.01 * feedback)/|car_side|as_in_friberg
haematology|s/(T2\[c\] - T3\[c\])/(1.01 * T2[c] - T3[c])/|car_side|as_in_friberg
lymphodepletion|s/  ld_given = ld_exposure + intensity/  ld_given = 0.99 * intensity/|car_side|as_in_friberg
lymphodepletion|s/if since(lymphodeplete) < ld_days/if since(lymphodeplete) < 1.01 * ld_days/|car_side|as_in_friberg
haematology|s/if Ci\[neutrophil\] < cut/if 1.01 * Ci[neutrophil] < cut/|car_side|neutrophils_and_platelets_are_graded
haematology|s/if Ci\[platelet\] < cut/if 1.02 * Ci[platelet] < cut/|car_side|neutrophils_and_platelets_are_graded
two_products|s/(1 + kappa_of_second) \/ (1 + kappa_of_second/(1 + kappa) \/ (1 + kappa/|car_side|the_other_still_kills
two_products|s/product(l in s: phi_of_second\[l\])/product(l in s: phi_l[l])/|car_side|the_other_still_kills
two_products|s/= if p == first then binding\[s\] else binding_second\[s\]/= binding[s]/|full|two_products_of_two_epitopes
affinity|s/^  worse_of_second\[e\] \*/  worse[e] */|full|second_products_recognition
affinity|s/^let adapt_of_second = .* in 1/let adapt_of_second = adapt in 1/|full|second_products_recognition
affinity|s/max(e in epitope: binds\[e\])/1/|full|binds_no_epitope
affinity|s/max(e in epitope: binds_of_second\[e\])/1/|full|binds_no_epitope
affinity|s/if binds_second\[e\] < 0 then binds\[e\]/if binds_second[e] < 2 then binds[e]/|full|two_products_of_two_epitopes
cytokines|s/= 1 + e_il/= 1 + 0.9 * e_il/|car_side|spare_effectors
cytokines|s/+ e_il2 \* il2/+ 0.9 * e_il2 * il2/|car_side|spare_effectors
cytokines|s/ \* (1 - s_il2 \* il2)//|car_side|spare_effectors
cytokines|s/(h_il \* cytokine + h_il2 \* il2)/(h_il * cytokine + h_il * il2)/|car_side|memory_is_kept_up
cytokines|s/il2_given = il2_now + doses/il2_given = doses/|car_side|gone_in_hours
cytokines|s/exp(-ln2 \/ t_il2/exp(-1 \/ t_il2/|car_side|gone_in_hours
cytokines|s/= 1 + (e_LRA_il - 1)/= 1 + e_LRA_il/|car_side|il15_reverses_latency
reversal|s/ \* reversal_cytokine in/ in/|car_side|il15_reverses_latency
boosts|s/then 1 - boost_gut else/then 1 else/|car_side|go_where_they_are_sent
car_infection|s/^reaction car_source\(.*\)@ sum/reaction car_source\1@ 0.5 * sum/|car_side|lost_unless_protected
rejection|s/- d_J \* J/- d_J * J - J/|car_side|second_infusion_at_once
off_switch|s/E\[p\] = E\[p\] \*/E[p] = 0.5 * E[p] */|car_side|a_pause_kills_none
safety|s/= k_6 \* activated/= 1.01 * k_6 * activated/|car_side|activation_meets_its_loss
safety|s/(Q6_peak - Q0)/Q6_peak/|car_side|nobody_has_crs
safety|s/((Q6 - Q0)/(Q6/|car_side|nobody_has_crs
safety|s/(Q6_peak - Q0)/(Q6_peak - 0.5 * Q0)/|car_side|grades_rise
safety|s/log(u_icans \/ (1 - u_icans))/log(u_icans)/|car_side|grades_rise
off_target|s/activation_off\[p\] \* Hc/0 * Hc/|car_side|are_killed_and_activate
vector_clones|s/@ (g_Z + d_Z)/@ (1.1 * g_Z + d_Z)/|car_side|outgrows_the_rest
burden|s/V > v_much/V > v_passed/|car_side|paid_for_in_days
fdc|s/r \/ (r + release)/r \/ (r + 3 * release)/|full|rate_r_in_all_tissues
infection|s/= mix \* target_share\[x\] \* I_set/= 0.9 * mix * target_share[x] * I_set/|full|set_point_in_all_tissues
art|s/C_art = ln2 \/ t_art/C_art = 1 \/ t_art/|full|washout_time_in_all_tissues
producers|s/^let residual = v_0/let residual = 1.1 * v_0/|full|moves_as_the_minimum
clones|s/@ reactivation \* reversal \* cloned\[x,s\]/@ 20 * reactivation * (cloned[x,s] + L[x,s])/|full|by_the_same_law
tissues_full|s/= min(1, chi_C/= min(2, chi_C/|full|homing_receptors
tissues_full|s/car_share\[x\] \* wear\[x\])/car_share[x])/|full|in_suppressive_tissue
two_products|s/k_of\[p\] \* car_function\[x\]/k_of[p]/|full|in_suppressive_tissue
fdc|s/^let release = ln2/let release = 1/|full|held_virus_halves
provirus|s/exp(-theta_D \* t)/exp(-2 * theta_D * t)/|car_side|total_dna
provirus|s/(1 - f_int) \/ f_int/f_int/|car_side|total_dna
reservoir_full|s/years_on_art + t </years_on_art </|full|two_phases
reservoir_full|s/(if explain_display == 1 then/(if explain_display == 2 then/|full|each_explanation
producers|s/- env_W \* kill_producers/- 0 * env_W * kill_producers/|full|producers_of_residual
clones|s/^  birth alpha_L/  birth 0.8 * alpha_L/|full|clones_die_out
clones|s/^let in_clones = /let in_clones = 0.5 * /|full|make_up_the_reservoir
affinity|s/min(1000, min(e in/min(1000, max(e in/|full|binds_it_best
affinity|s/1 - c_comp \* (if/1 - 0.5 * c_comp * (if/|full|compensation_takes
affinity|s/if subtype_place < 0 then/if subtype_place < 2 then/|full|goes_by_subtype
affinity|s/dominated_at\[e\] else 0) == 0/dominated_at[e] else 0) == 2/|full|resistant_at_one_epitope
affinity|s/then phi_l\[l\] else 1)/then 1 \/ phi_l[l] else 1)/|full|never_worse
post_treatment|s/(1 + d_ptc \*/(1.2 + d_ptc */|full|a_controller_stands
post_treatment|s/max(X_pole + 1e-9 \* abs(X_pole), X_first - 1e-3 \* abs(X_first))/max((1 + 1e-9) * X_pole, 0.999 * X_first)/|full|however_virus_mixes
post_treatment|s/if art_began < early/if art_began > early/|full|early_art
vaccine|s/= -ln2 \/ t_v/= -1 \/ t_v/|full|a_vaccine_raises
dish|s/@ (d_shown + killing)/@ (1.01 * d_shown + killing)/|small|at_its_rates
dish|s/@ k_induce \* stimulated/@ k_induce/|small|shows_nothing
dish|s/(h_k \* cells_0 + Ef + Ind)/(h_k * cells_0 + 1.1 * Ef + Ind)/|small|their_share_of_a_dishs_virus
leukaemia|s/: Tn -> 2 Tn @ g_Tu/: Tn -> 2 Tn @ 1.01 * g_Tu/|small|grow_at_their_rate
leukaemia|s/if u_neg < P_neg/if u_neg > P_neg/|small|grow_at_their_rate
leukaemia|s/@ engagement \* lysis \* Tu/@ engagement * Tu/|small|killing_less_growth
leukaemia|s/(B_0 - Bc) - engagement/(B_0 - Bc) - 1.1 * engagement/|small|where_return_meets_killing
leukaemia|s/^let antigen = activation \*/let antigen = 1.1 * activation */|small|at_f50
founders|s/^let founded = 1 - 1 \/ R/let founded = 1 - 0.8 \/ R/|small|founded_at_lambda
founders|s/@ death \* I/@ 1.1 * death * I/|small|1_less_1_over_R
founders|s/@ art_pass \* birth/@ birth/|small|no_lineage_lasts
EOF
echo "$n mutants, $missed missed"
[ "$missed" = 0 ]
